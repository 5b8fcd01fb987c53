/* SPDX-License-Identifier: MIT
 *
 * The one place where newlib (C) and libos (C++) meet. glue.c calls what is declared in the first
 * part, which libos implements; libos calls what is declared in the second, which glue.c
 * implements.
 *
 * Numbers of type long are a result that is not negative, or a negated errno.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct _reent;

/* Room for a lock of libos. All zero is a lock that is free. */
struct platform_lock {
    void* opaque[4];
};

/* Implemented by libos. */

/* Files 0, 1 and 2. Others answer -EBADF. */
long platform_read(int file, void* bytes, size_t count);
long platform_write(int file, void const* bytes, size_t count);
int platform_terminal(int file); /* 1 when the file is a terminal */

/* Moves the end of the heap; where it was before, or null when there is no memory. */
void* platform_grow_heap(ptrdiff_t bytes);

void platform_exit(int status) __attribute__((noreturn));

uint64_t platform_clock(void);          /* nanoseconds, never runs backwards */
uint64_t platform_wall_clock(void);     /* nanoseconds since 1970 */
uint64_t platform_processor_time(void); /* nanoseconds this process ran */
long platform_sleep(uint64_t nanoseconds);

/* The calling thread's state; newlib keeps errno and more there. */
struct _reent* platform_thread_state(void);

/* Every lock may be taken again by its holder. */
void platform_lock_acquire(struct platform_lock* lock);
int platform_lock_try(struct platform_lock* lock); /* 1 when taken */
void platform_lock_release(struct platform_lock* lock);

/* Implemented by glue.c. */

size_t newlib_thread_state_bytes(void); /* aligned to 16 */
void newlib_thread_state_begin(struct _reent* state);
void newlib_thread_state_end(struct _reent* state);
struct _reent* newlib_first_thread_state(void);
