/* SPDX-License-Identifier: MIT
 * The system calls that newlib asks for (its manual, chapter "System Calls"), on platform.h.
 */
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <reent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

enum { own_process = 1, nanoseconds_per_second = 1000000000 };

static long answer(long result) {
    if (result >= 0)
        return result;
    errno = (int)-result;
    return -1;
}

_READ_WRITE_RETURN_TYPE read(int file, void* bytes, size_t count) {
    return (int)answer(platform_read(file, bytes, count));
}

_READ_WRITE_RETURN_TYPE write(int file, void const* bytes, size_t count) {
    return (int)answer(platform_write(file, bytes, count));
}

int isatty(int file) {
    if (platform_terminal(file))
        return 1;
    errno = ENOTTY;
    return 0;
}

int fstat(int file, struct stat* status) {
    if (file < 0 || file > 2)
        return (int)answer(-EBADF);
    memset(status, 0, sizeof *status);
    status->st_mode = platform_terminal(file) ? S_IFCHR : S_IFIFO;
    return 0;
}

/* There is no file system below newlib yet: files by name do not exist. */
int open(char const* name, int flags, ...) {
    (void)name;
    (void)flags;
    return (int)answer(-ENOENT);
}

int stat(char const* restrict name, struct stat* restrict status) {
    (void)name;
    (void)status;
    return (int)answer(-ENOENT);
}

int unlink(char const* name) {
    (void)name;
    return (int)answer(-ENOENT);
}

int link(char const* old, char const* new) {
    (void)old;
    (void)new;
    return (int)answer(-ENOENT);
}

int close(int file) { return (int)answer(file < 0 || file > 2 ? -EBADF : 0); }

off_t lseek(int file, off_t offset, int whence) {
    (void)offset;
    (void)whence;
    return answer(file < 0 || file > 2 ? -EBADF : -ESPIPE);
}

void* sbrk(ptrdiff_t bytes) {
    void* const before = platform_grow_heap(bytes);
    if (before != NULL)
        return before;
    errno = ENOMEM;
    return (void*)-1;
}

/* newlib's aligned_alloc is made of it. */
int posix_memalign(void** result, size_t alignment, size_t bytes) {
    if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
        return EINVAL;
    *result = memalign(alignment, bytes);
    return *result != NULL ? 0 : ENOMEM;
}

void _exit(int status) { platform_exit(status); }

/* A process knows itself by capability, not by number. */
pid_t getpid(void) { return own_process; }

/* Only its own end can a process signal to itself; raise() calls this for unhandled signals. */
int kill(pid_t process, int signal) {
    if (process != own_process)
        return (int)answer(-ESRCH);
    if (signal != 0)
        platform_exit(128 + signal);
    return 0;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
    (void)zone;
    uint64_t const nanoseconds = platform_wall_clock();
    now->tv_sec = (time_t)(nanoseconds / nanoseconds_per_second);
    now->tv_usec = (suseconds_t)(nanoseconds % nanoseconds_per_second / 1000);
    return 0;
}

clock_t times(struct tms* usage) {
    memset(usage, 0, sizeof *usage);
    usage->tms_utime = platform_processor_time() / (nanoseconds_per_second / CLOCKS_PER_SEC);
    return platform_clock() / (nanoseconds_per_second / CLOCKS_PER_SEC);
}

int usleep(useconds_t microseconds) {
    return (int)answer(platform_sleep((uint64_t)microseconds * 1000));
}

unsigned sleep(unsigned seconds) {
    platform_sleep((uint64_t)seconds * nanoseconds_per_second);
    return 0;
}

struct _reent* __getreent(void) {
    return platform_thread_state();
}

size_t newlib_thread_state_bytes(void) { return (sizeof(struct _reent) + 15) & ~(size_t)15; }

void newlib_thread_state_begin(struct _reent* state) { _REENT_INIT_PTR(state); }

void newlib_thread_state_end(struct _reent* state) { _reclaim_reent(state); }

struct _reent* newlib_first_thread_state(void) {
    return _GLOBAL_REENT;
}
