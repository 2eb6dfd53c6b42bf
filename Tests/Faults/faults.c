// Stands between a program and the C library (LD_PRELOAD), and makes the disk fail or the power go.
//
//   FAULT_FOLDER   the folder whose files are meant; all other calls pass
//   FAULT_AT       which change to a file it is done at, counted from one; 0 for none
//   FAULT_KIND     EIO or ENOSPC: the call fails so; short: a write takes half of its bytes; cut: the power goes
//   FAULT_CALL     the only kind of call that counts (write, sync, rename, remove, truncate); any by default
//   FAULT_SHADOW   a folder that keeps what the disk would hold: the content of every file as of its last sync, under
//                  its inode's number, and the names of the folder as of its last sync
//   FAULT_COUNT    a file that gets the number of changes counted, when the program ends by itself
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static atomic_int changes;

static int is_path_meant(const char *path) {
    const char *folder = getenv("FAULT_FOLDER");
    return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_meant(int descriptor) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_path_meant(path);
}

// Counts a change. Answers 0 to go on, 1 for a short write, or -1 with errno set.
static int meets(const char *call) {
    const char *only = getenv("FAULT_CALL"), *at = getenv("FAULT_AT"), *kind = getenv("FAULT_KIND");
    if (only && strcmp(only, call) != 0) return 0;
    int number = atomic_fetch_add(&changes, 1) + 1;
    if (!at || !kind || number != atoi(at)) return 0;
    if (strcmp(kind, "cut") == 0) {
        raise(SIGKILL);
    } else if (strcmp(kind, "short") == 0) {
        return 1;
    } else {
        errno = strcmp(kind, "ENOSPC") == 0 ? ENOSPC : EIO;
        return -1;
    }
    return 0;
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("FAULT_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%d", atomic_load(&changes));
    fclose(file);
}

// What a sync makes safe: the file's content, or the folder's names.
static void keep(int descriptor) {
    const char *shadow = getenv("FAULT_SHADOW");
    struct stat status;
    if (!shadow || fstat(descriptor, &status) != 0) return;
    char path[PATH_MAX], fresh[PATH_MAX + 8];
    int is_folder = S_ISDIR(status.st_mode);
    snprintf(path, sizeof path, is_folder ? "%s/names" : "%s/%lu", shadow, (unsigned long)status.st_ino);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    int copy = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (is_folder) {
        DIR *folder = opendir(getenv("FAULT_FOLDER"));
        for (struct dirent *entry; folder && (entry = readdir(folder));)
            dprintf(copy, "%lu %s\n", (unsigned long)entry->d_ino, entry->d_name);
        if (folder) closedir(folder);
    } else {
        char source[64], bytes[65536];
        snprintf(source, sizeof source, "/proc/self/fd/%d", descriptor);
        int from = open(source, O_RDONLY | O_CLOEXEC);
        for (ssize_t count; (count = read(from, bytes, sizeof bytes)) > 0;)
            if (NEXT(write)(copy, bytes, (size_t)count) != count) abort();
        close(from);
    }
    close(copy);
    NEXT(rename)(fresh, path);
}

#define WRITES(call, half)                                                                         \
    int meeting = is_meant(descriptor) ? meets("write") : 0;                                                          \
    if (meeting < 0) return -1;                                                                                       \
    if (meeting > 0 && count > 1) return half;                                                                        \
    return call;

ssize_t write(int descriptor, const void *bytes, size_t count) {
    WRITES(NEXT(write)(descriptor, bytes, count), NEXT(write)(descriptor, bytes, count / 2))
}
ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    WRITES(NEXT(pwrite)(descriptor, bytes, count, offset), NEXT(pwrite)(descriptor, bytes, count / 2, offset))
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    WRITES(NEXT(pwrite64)(descriptor, bytes, count, offset),
           NEXT(pwrite64)(descriptor, bytes, count / 2, offset))
}

#define SYNC(name)                                                                                                    \
    int name(int descriptor) {                                                                                        \
        int is_ours = is_meant(descriptor);                                                                           \
        if (is_ours && meets("sync") < 0) return -1;                                                                  \
        int result = NEXT(name)(descriptor);                                                                          \
        if (is_ours && result == 0) keep(descriptor);                                                                 \
        return result;                                                                                                \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
    return is_path_meant(to) && meets("rename") < 0 ? -1 : NEXT(rename)(from, to);
}
int unlink(const char *path) {
    return is_path_meant(path) && meets("remove") < 0 ? -1 : NEXT(unlink)(path);
}
int ftruncate(int descriptor, off_t length) {
    return is_meant(descriptor) && meets("truncate") < 0 ? -1 : NEXT(ftruncate)(descriptor, length);
}
int ftruncate64(int descriptor, off64_t length) {
    return is_meant(descriptor) && meets("truncate") < 0 ? -1 : NEXT(ftruncate64)(descriptor, length);
}
