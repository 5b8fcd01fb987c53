/* SPDX-License-Identifier: MIT
 * newlib's retargetable locks (its sys/lock.h), on platform.h. newlib's ordinary locks are made
 * recursive, too: libos has one kind for both.
 */
#include "platform.h"

#include <stdlib.h>
#include <sys/lock.h>

struct __lock {
    struct platform_lock lock;
};

struct __lock __lock___sinit_recursive_mutex;
struct __lock __lock___sfp_recursive_mutex;
struct __lock __lock___atexit_recursive_mutex;
struct __lock __lock___at_quick_exit_mutex;
struct __lock __lock___malloc_recursive_mutex;
struct __lock __lock___env_recursive_mutex;
struct __lock __lock___tz_mutex;
struct __lock __lock___dd_hash_mutex;
struct __lock __lock___arc4random_mutex;

/* Callers cannot be told of a failure. A file without a lock works for one thread, so that is what
 * a machine without memory gets. */
void __retarget_lock_init(_LOCK_T* lock) { *lock = calloc(1, sizeof(struct __lock)); }

void __retarget_lock_close(_LOCK_T lock) { free(lock); }

void __retarget_lock_acquire(_LOCK_T lock) {
    if (lock)
        platform_lock_acquire(&lock->lock);
}

int __retarget_lock_try_acquire(_LOCK_T lock) { return !lock || platform_lock_try(&lock->lock); }

void __retarget_lock_release(_LOCK_T lock) {
    if (lock)
        platform_lock_release(&lock->lock);
}

void __retarget_lock_init_recursive(_LOCK_T* lock) { __retarget_lock_init(lock); }
void __retarget_lock_close_recursive(_LOCK_T lock) { __retarget_lock_close(lock); }
void __retarget_lock_acquire_recursive(_LOCK_T lock) { __retarget_lock_acquire(lock); }
int __retarget_lock_try_acquire_recursive(_LOCK_T lock) {
    return __retarget_lock_try_acquire(lock);
}
void __retarget_lock_release_recursive(_LOCK_T lock) { __retarget_lock_release(lock); }
