/* bare_reader.c - the limit of a Maildir scan: list every folder, open every message, read its
 * first 8 KiB, close it; nothing is parsed, nothing kept. With `list` it only lists the names.
 *
 *   cc -O2 -o bare_reader bare_reader.c && ./bare_reader MAILDIR [list]
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned long files, bytes;
static int only_list;

static void messages(int folder, const char *name)
{
    static char buffer[8192];
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        files++;
        if (only_list)
            continue;
        int message = openat(fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        ssize_t n = message < 0 ? 0 : read(message, buffer, sizeof buffer);
        if (n > 0)
            bytes += (unsigned long)n;
        if (message >= 0)
            close(message);
    }
    closedir(dir);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bare_reader MAILDIR [list]\n");
        return 64;
    }
    only_list = argc > 2 && !strcmp(argv[2], "list");
    int root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        perror(argv[1]);
        return 69;
    }
    messages(root, "cur");
    messages(root, "new");
    DIR *dir = fdopendir(dup(root));
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] != '.' || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        int folder = openat(root, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
            continue;
        messages(folder, "cur");
        messages(folder, "new");
        close(folder);
    }
    closedir(dir);
    printf("%lu files, %lu bytes\n", files, bytes);
    return 0;
}
