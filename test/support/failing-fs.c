/*
 * Makes system calls fail, for processes that load it with LD_PRELOAD. FAILING_FS holds rules, separated by ';':
 *   <call>:<errno number>:<part of a path>
 * with a call of open, read, lock, chmod, syncdir, statfs, or change: whatever writes. The file FAILING_FS_SWITCH, where that is set, turns them on by being there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

static int fails(const char *call, const char *path) {
  const char *rules = getenv("FAILING_FS"), *turn = getenv("FAILING_FS_SWITCH");
  if (!rules || !path || (turn && access(turn, F_OK) != 0)) return 0;
  char copy[4096], *rest = copy, *rule;
  snprintf(copy, sizeof copy, "%s", rules);
  while ((rule = strsep(&rest, ";"))) {
    char *name = strsep(&rule, ":"), *number = strsep(&rule, ":");
    if (rule && strcmp(name, call) == 0 && strstr(path, rule)) return errno = atoi(number);
  }
  return 0;
}

static const char *path_of(int fd, char *buffer, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, buffer, size - 1);
  if (length < 0) return NULL;
  buffer[length] = 0;
  return buffer;
}

static int fails_fd(const char *call, int fd) {
  char buffer[4096];
  int before = errno, found = fails(call, path_of(fd, buffer, sizeof buffer));
  if (!found) errno = before;
  return found;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    va_list list; va_start(list, flags); mode_t mode = va_arg(list, int); va_end(list); \
    REAL(int, #name, const char *, int, ...); \
    if (fails("open", path) || ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && fails("change", path))) return -1; \
    return real(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define READ(name, offset) \
  ssize_t name(int fd, void *to, size_t size, offset at) { \
    REAL(ssize_t, #name, int, void *, size_t, offset); \
    return fails_fd("read", fd) ? -1 : real(fd, to, size, at); \
  }
READ(pread, off_t)
READ(pread64, off64_t)

ssize_t read(int fd, void *to, size_t size) {
  REAL(ssize_t, "read", int, void *, size_t);
  return fails_fd("read", fd) ? -1 : real(fd, to, size);
}

#define WRITE(name, offset) \
  ssize_t name(int fd, const void *from, size_t size, offset at) { \
    REAL(ssize_t, #name, int, const void *, size_t, offset); \
    return fails_fd("change", fd) ? -1 : real(fd, from, size, at); \
  }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *from, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  return fails_fd("change", fd) ? -1 : real(fd, from, size);
}

#define ON_PATH(name, path, parameters, arguments) \
  int name parameters { \
    static int (*real) parameters; \
    if (!real) real = (int (*) parameters)dlsym(RTLD_NEXT, #name); \
    return fails("change", path) ? -1 : real arguments; \
  }
ON_PATH(rename, to, (const char *from, const char *to), (from, to))
ON_PATH(unlink, path, (const char *path), (path))
ON_PATH(mkdir, path, (const char *path, mode_t mode), (path, mode))

#define FCNTL(name) \
  int name(int fd, int command, ...) { \
    va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list); \
    REAL(int, #name, int, int, ...); \
    if ((command == F_SETLK || command == F_SETLKW) && ((struct flock *)argument)->l_type != F_UNLCK && fails_fd("lock", fd)) return -1; \
    return real(fd, command, argument); \
  }
FCNTL(fcntl)
FCNTL(fcntl64)

int fchmod(int fd, mode_t mode) {
  REAL(int, "fchmod", int, mode_t);
  return fails_fd("chmod", fd) ? -1 : real(fd, mode);
}

int chmod(const char *path, mode_t mode) {
  REAL(int, "chmod", const char *, mode_t);
  return fails("chmod", path) ? -1 : real(path, mode);
}

static int is_folder(int fd) {
  struct stat found;
  return fstat(fd, &found) == 0 && S_ISDIR(found.st_mode);
}

int fsync(int fd) {
  REAL(int, "fsync", int);
  return is_folder(fd) && fails_fd("syncdir", fd) ? -1 : real(fd);
}

int statfs(const char *path, struct statfs *to) {
  REAL(int, "statfs", const char *, struct statfs *);
  return fails("statfs", path) ? -1 : real(path, to);
}

int statfs64(const char *path, struct statfs64 *to) {
  REAL(int, "statfs64", const char *, struct statfs64 *);
  return fails("statfs", path) ? -1 : real(path, to);
}
