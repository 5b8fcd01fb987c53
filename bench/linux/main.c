/* SPDX-License-Identifier: MIT */
/*
 * /init of the Linux that is measured beside Lavandin: directly on the same Xen, as the initial
 * domain, statically linked. docs/measuring.md says what is compared with what, and why.
 */
#define _GNU_SOURCE
#include "measure.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, LONG_MESSAGE = 2048, SLEEPS = 100, HOTPLUGS = 3 };

extern char** environ;

/* System calls and the clock. */

static void null_call(void) { syscall(SYS_getppid); }

static void clock_by_call(void) {
    struct timespec time;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
}

static void clock_by_vdso(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
}

/* A child process that answers whatever comes through a pipe by as much through another. */

static int there[2], back[2];
static size_t message_bytes;
static char message[LONG_MESSAGE];

static void transfer(int file, ssize_t (*way)(int, void*, size_t)) {
    must(way(file, message, message_bytes) == (ssize_t)message_bytes, "pipe");
}

static ssize_t send_all(int file, void* bytes, size_t count) { return write(file, bytes, count); }

static void round_trip(void) {
    transfer(there[1], send_all);
    transfer(back[0], read);
}

static void end_child(pid_t child) {
    kill(child, SIGKILL);
    must(waitpid(child, NULL, 0) == child, "waitpid");
}

static void measure_pipe(const char* name, size_t bytes) {
    message_bytes = bytes;
    must(pipe(there) == 0 && pipe(back) == 0, "pipe");
    const pid_t child = fork();
    must(child >= 0, "fork");
    while (child == 0) {
        transfer(there[0], read);
        transfer(back[1], send_all);
    }
    measure(name, 4, round_trip);
    end_child(child);
    for (int i = 0; i < 2; ++i)
        close(there[i]), close(back[i]);
}

/*
 * Two processes that give way to each other: an operation is a switch there and one back. Only
 * processes of a real-time class give way each time.
 */

static void yield(void) { sched_yield(); }

static void measure_switch(void) {
    struct sched_param priority = {.sched_priority = 1}, none = {0};
    must(sched_setscheduler(0, SCHED_FIFO, &priority) == 0, "sched_setscheduler");
    const pid_t child = fork();
    must(child >= 0, "fork");
    while (child == 0)
        sched_yield();
    measure("two switches by sched_yield between processes", 4, yield);
    end_child(child);
    must(sched_setscheduler(0, SCHED_OTHER, &none) == 0, "sched_setscheduler");
}

/* Event counters, between two processes and with nobody else. */

static int ping, pong;

static void signal_event(int file) {
    const uint64_t one = 1;
    must(write(file, &one, sizeof one) == sizeof one, "eventfd");
}

static void wait_event(int file) {
    uint64_t count;
    must(read(file, &count, sizeof count) == sizeof count, "eventfd");
}

static void events_there_and_back(void) {
    signal_event(ping);
    wait_event(pong);
}

static void event_to_itself(void) {
    signal_event(ping);
    wait_event(ping);
}

static void measure_events(void) {
    ping = eventfd(0, 0), pong = eventfd(0, 0);
    must(ping >= 0 && pong >= 0, "eventfd");
    measure("eventfd, written and read by one", 8, event_to_itself);
    const pid_t child = fork();
    must(child >= 0, "fork");
    while (child == 0) {
        wait_event(ping);
        signal_event(pong);
    }
    measure("eventfd, there and back between processes", 4, events_there_and_back);
    end_child(child);
    close(ping), close(pong);
}

/* Descriptors. */

static void duplicate(void) { close(dup(1)); }

/* Memory. */

static int shared_file;

static char* neighbour; /* a page in use: behind it, page tables need not be made */

static void map_existing(void) {
    void* page = mmap(neighbour + PAGE, PAGE, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_POPULATE | MAP_FIXED, shared_file, 0);
    must(page != MAP_FAILED && munmap(page, PAGE) == 0, "mmap");
}

static char* lonely; /* its last page table serves nothing else; those above serve others, too */

static void map_alone(void) {
    void* page = mmap(lonely, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE | MAP_FIXED,
                      shared_file, 0);
    must(page != MAP_FAILED && munmap(page, PAGE) == 0, "mmap");
}

/*
 * Where the kernel puts a page, others may be near, or not even tables above the last. So: of two
 * spans of a page table each, in one larger, aligned piece, the first is in use, the second empty.
 */
static void measure_alone(void) {
    const uintptr_t span = (uintptr_t)PAGE * 512;
    char* room = mmap(NULL, 4 * span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(room != MAP_FAILED, "mmap");
    char* used = (char*)(((uintptr_t)room + 2 * span - 1) & ~(2 * span - 1));
    must(mprotect(used, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
    used[0] = 1;
    lonely = used + span;
    must(munmap(lonely, span) == 0, "munmap"); /* else the table would stay for what is beside */
    measure("mmap of a shared page by itself, populated, and munmap", 1, map_alone);
    munmap(room, 4 * span);
}

static void map_fresh(void) {
    volatile char* page = mmap(neighbour + PAGE, PAGE, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    must(page != MAP_FAILED, "mmap");
    *page = 1;
    must(munmap((void*)page, PAGE) == 0, "munmap");
}

/* Each write is the first to its page, which the file and the mapping share so far. */

enum { COPIED_PAGES = SAMPLES + 1 };
static volatile char* private_page;

static void write_private(void) {
    private_page[0] = 1;
    private_page += PAGE;
}

static void measure_copying(void) {
    const int file = memfd_create("original", 0);
    must(file >= 0 && ftruncate(file, COPIED_PAGES * PAGE) == 0, "memfd_create");
    char* pages = mmap(NULL, COPIED_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    must(pages != MAP_FAILED, "mmap");
    for (int i = 0; i < COPIED_PAGES; ++i)
        (void)*(volatile char*)(pages + i * PAGE); /* the file's page, read-only */
    private_page = pages;
    measure("first write to a page of a private mapping", 1, write_private);
    munmap(pages, COPIED_PAGES * PAGE);
    close(file);
}

static void measure_memory(void) {
    shared_file = memfd_create("page", 0);
    must(shared_file >= 0 && ftruncate(shared_file, PAGE) == 0, "memfd_create");
    measure_alone();
    neighbour = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(neighbour != MAP_FAILED && munmap(neighbour + PAGE, PAGE) == 0, "mmap");
    neighbour[0] = 1;
    measure("mmap of a shared page beside another, populated, and munmap", 1, map_existing);
    measure("mmap, touch and munmap an anonymous page beside another", 1, map_fresh);
}

/* A page made here, given to another process, mapped and touched there, and given up by both. */

static int channel[2];

static void send_file(int file) {
    char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    struct cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(rights), &file, sizeof file);
    must(sendmsg(channel[0], &header, 0) == 1, "sendmsg");
}

static int receive_file(void) {
    char byte, control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&byte, 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    must(recvmsg(channel[1], &header, 0) == 1, "recvmsg");
    int file;
    memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof file);
    return file;
}

static void touch_file(int file) {
    volatile char* page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    must(page != MAP_FAILED, "mmap");
    page[0] = 1;
    must(munmap((void*)page, PAGE) == 0, "munmap");
}

static void share_page(void) {
    const int file = memfd_create("shared", 0);
    must(file >= 0 && ftruncate(file, PAGE) == 0, "memfd_create");
    send_file(file);
    char byte;
    must(read(channel[0], &byte, 1) == 1, "answer");
    close(file);
}

static void measure_sharing(void) {
    must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, channel) == 0, "socketpair");
    const pid_t child = fork();
    must(child >= 0, "fork");
    while (child == 0) {
        const int file = receive_file();
        touch_file(file);
        close(file);
        must(write(channel[1], "", 1) == 1, "answer");
    }
    measure("memfd, passed, mapped, touched, unmapped, closed", 1, share_page);
    end_child(child);
    close(channel[0]), close(channel[1]);
}

/* Faults that user code serves: by another thread (userfaultfd), by a signal handler. */

static int pager;
static volatile char* paged;
static char page_contents[PAGE] __attribute__((aligned(PAGE)));

static void* serve_faults(void* nothing) {
    struct uffd_msg fault;
    while (read(pager, &fault, sizeof fault) == sizeof fault) {
        struct uffdio_copy copy = {.dst = fault.arg.pagefault.address & ~(uint64_t)(PAGE - 1),
                                   .src = (uintptr_t)page_contents,
                                   .len = PAGE};
        must(ioctl(pager, UFFDIO_COPY, &copy) == 0, "UFFDIO_COPY");
    }
    return nothing;
}

static void fault_and_drop(void) {
    (void)paged[0];
    must(madvise((void*)paged, PAGE, MADV_DONTNEED) == 0, "madvise");
}

static void measure_pager(void) {
    pager = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    struct uffdio_api api = {.api = UFFD_API};
    must(pager >= 0 && ioctl(pager, UFFDIO_API, &api) == 0, "userfaultfd");
    paged = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(paged != MAP_FAILED, "mmap");
    struct uffdio_register range = {.range = {(uintptr_t)paged, PAGE},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING};
    must(ioctl(pager, UFFDIO_REGISTER, &range) == 0, "UFFDIO_REGISTER");
    pthread_t thread;
    must(pthread_create(&thread, NULL, serve_faults, NULL) == 0, "pthread_create");
    measure("fault served through userfaultfd, page dropped", 1, fault_and_drop);
}

static char* guarded;

static void open_page(int number, siginfo_t* information, void* context) {
    (void)number, (void)information, (void)context;
    must(mprotect(guarded, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
}

static void fault_and_protect(void) {
    *(volatile char*)guarded = 1;
    must(mprotect(guarded, PAGE, PROT_NONE) == 0, "mprotect");
}

static void measure_signal(void) {
    struct sigaction action = {.sa_sigaction = open_page, .sa_flags = SA_SIGINFO};
    must(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
    guarded = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(guarded != MAP_FAILED, "mmap");
    guarded[0] = 1;
    mprotect(guarded, PAGE, PROT_NONE);
    measure("fault served by a signal handler, page protected again", 1, fault_and_protect);
    signal(SIGSEGV, SIG_DFL);
}

/* Processes. */

static void fork_to_end(void) {
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    must(child > 0 && waitpid(child, NULL, 0) == child, "fork");
}

static void vfork_to_end(void) {
    const pid_t child = vfork();
    if (child == 0)
        _exit(0);
    must(child > 0 && waitpid(child, NULL, 0) == child, "vfork");
}

static void run_to_end(char* program) {
    char* arguments[] = {program, "end", NULL};
    const pid_t child = vfork();
    if (child == 0) {
        execve(program, arguments, environ);
        _exit(1);
    }
    int status = 1;
    must(child > 0 && waitpid(child, &status, 0) == child && status == 0, "execve");
}

static void page_to_end(void) { run_to_end("/end"); }
static void program_to_end(void) { run_to_end("/init"); }

/* How much later than asked for a sleep ends. */

static void measure_sleep(const char* name, uint64_t length) {
    static uint64_t late[SLEEPS];
    prctl(PR_SET_TIMERSLACK, 1UL);
    for (unsigned i = 0; i < SLEEPS; ++i) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        uint64_t end = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + length;
        struct timespec deadline = {(time_t)(end / 1000000000), (long)(end % 1000000000)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        late[i] = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec - end;
    }
    print_figure(name, "ns", late, SLEEPS);
}

/*
 * Taking a processor away and giving it back, while its caller waits (two virtual processors).
 * Linux has no softer way.
 */

static void set_online(const char* value) {
    const int file = open("/sys/devices/system/cpu/cpu1/online", O_WRONLY);
    must(file >= 0 && write(file, value, 1) == 1, "cpu1/online");
    close(file);
}

static void measure_hotplug(void) {
    static uint64_t away[HOTPLUGS], back[HOTPLUGS];
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    must(sched_setaffinity(0, sizeof first, &first) == 0, "sched_setaffinity");
    mkdir("/sys", 0755);
    must(mount("sysfs", "/sys", "sysfs", 0, NULL) == 0, "sysfs");
    for (unsigned i = 0; i < HOTPLUGS; ++i) {
        uint64_t begin = ticks();
        set_online("0");
        away[i] = ticks() - begin;
        usleep(1000);
        begin = ticks();
        set_online("1");
        back[i] = ticks() - begin;
        usleep(1000);
    }
    print_figure("cpu1 offline by sysfs", "ticks", away, HOTPLUGS);
    print_figure("cpu1 online by sysfs", "ticks", back, HOTPLUGS);
}

static void open_console(void) {
    mkdir("/dev", 0755);
    mknod("/dev/console", S_IFCHR | 0600, makedev(5, 1));
    for (int i = 0; i < 3; ++i)
        open("/dev/console", O_RDWR);
}

static void measure_all(void) {
    measure("null system call (getppid)", 16, null_call);
    measure("clock_gettime by system call", 16, clock_by_call);
    measure("clock_gettime by vDSO", 16, clock_by_vdso);
    measure_pipe("pipe round trip between two processes", 32);
    measure_pipe("pipe round trip with 2048 bytes each way", LONG_MESSAGE);
    measure_switch();
    measure_events();
    measure("dup and close", 8, duplicate);
    measure_memory();
    measure_copying();
    measure_sharing();
    measure_pager();
    measure_signal();
    measure("vfork, exit, wait", 1, vfork_to_end);
    measure("fork, exit, wait", 1, fork_to_end);
    measure("vfork, execve of a program of one page, exit, wait", 1, page_to_end);
    measure("vfork, execve of a static C program, exit, wait", 1, program_to_end);
    measure_sleep("sleep of 100 us, overshoot", 100000);
    measure_sleep("sleep of 1 ms, overshoot", 1000000);
    measure_sleep("sleep of 20 ms, overshoot", 20000000);
}

/* The first process is treated specially by signals; so another one measures. */
int main(int count, char** arguments) {
    if (count > 1 && strcmp(arguments[1], "end") == 0)
        return 0;
    open_console();
    const pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        if (getenv("measure") != NULL) /* from the kernel's command line */
            measure_hotplug();
        else
            measure_all();
        _exit(0);
    }
    int status = 1;
    must(waitpid(child, &status, 0) == child && status == 0, "the measuring process");
    reboot(RB_AUTOBOOT);
    return 1;
}
