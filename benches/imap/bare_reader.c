/* bare_reader.c: the limit of a first scan over IMAP. Opens each mailbox, fetches the wanted items
 * of every message with one command, counts what comes, and understands none of it.
 *
 *   cc -O2 -o bare_reader bare_reader.c -lssl -lcrypto
 *   bare_reader PORT USER PASSWORD plain|tls ITEMS MAILBOX...
 *
 * In C and over one connection: nothing that a client could do costs less. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 256 * 1024, KEPT = 64 };

static int fd, tags;
static SSL *ssl;
static char memory[KEPT + BLOCK + 1];
static char *const block = memory + KEPT; /* what was read last; what came before it ends there */
static long long bytes, messages;

static void die(const char *why) {
    fprintf(stderr, "bare_reader: %s\n", why);
    exit(1);
}

static long take(void) {
    long got = ssl ? SSL_read(ssl, block, BLOCK) : read(fd, block, BLOCK);
    if (got <= 0) die("the connection ended");
    bytes += got;
    return got;
}

static long count(const char *begin, const char *end) {
    static const char row[] = " FETCH (";
    long found = 0;
    while ((begin = memmem(begin, end - begin, row, sizeof row - 1))) {
        found++;
        begin += sizeof row - 1;
    }
    return found;
}

/* Sends a command and reads up to its end, which has to be OK. */
static void run(const char *command) {
    char line[4096], end[32];
    int length = snprintf(line, sizeof line, "zq%dx %s\r\n", ++tags, command);
    int wanted = snprintf(end, sizeof end, "\nzq%dx ", tags);
    if ((ssl ? SSL_write(ssl, line, length) : write(fd, line, length)) != length) die("cannot write");
    memset(memory, 0, KEPT);
    block[-1] = '\n';
    for (;;) {
        char *last = block + take();
        messages += count(block - 7, last); /* one shorter than a row: none is counted twice */
        char *hit = memmem(block - wanted - 3, last - block + wanted + 3, end, wanted);
        if (hit && last - hit > wanted + 2) {
            if (strncmp(hit + wanted, "OK", 2)) die(hit + 1);
            if (last[-1] != '\n') take();
            return;
        }
        if (last - block >= KEPT) {
            memcpy(memory, last - KEPT, KEPT);
        } else {
            memmove(memory, memory + (last - block), KEPT - (last - block));
            memcpy(block - (last - block), block, last - block);
        }
    }
}

int main(int count, char **words) {
    if (count < 7) die("PORT USER PASSWORD plain|tls ITEMS MAILBOX...");
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&there, sizeof there)) die("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (!strcmp(words[4], "tls")) {
        ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
        SSL_set_fd(ssl, fd);
        if (SSL_connect(ssl) != 1) die("no TLS");
    }
    char command[4096];
    snprintf(command, sizeof command, "LOGIN %s %s", words[2], words[3]);
    run(command);
    for (int word = 6; word < count; word++) {
        snprintf(command, sizeof command, "EXAMINE \"%s\"", words[word]);
        run(command);
        if (strstr(block, "* 0 EXISTS")) continue;
        snprintf(command, sizeof command, "FETCH 1:* %s", words[5]);
        run(command);
    }
    printf("%lld messages, %lld bytes\n", messages, bytes);
    return 0;
}
