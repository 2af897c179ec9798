/* Courier asks a daemon whether a password is right, at a path that is compiled in and belongs to
 * root. Loaded before its programs (LD_PRELOAD), this sends that one question to a socket of the
 * tests' own, $AUTHDAEMON; every other connection goes where it was going. It also watches folders
 * through another daemon (FAM), which is not there, and calls that for two seconds in every session;
 * here that is not there at once. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) =
        (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
    const struct sockaddr_un *there = (const struct sockaddr_un *)address;
    const char *here = getenv("AUTHDAEMON");
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    if (here && address->sa_family == AF_UNIX && strlen(here) < sizeof own.sun_path &&
        strstr(there->sun_path, "/authdaemon/")) {
        strcpy(own.sun_path, here);
        return real(fd, (const struct sockaddr *)&own, sizeof own);
    }
    return real(fd, address, length);
}

int FAMOpen(void *connection) {
    (void)connection;
    return -1;
}
