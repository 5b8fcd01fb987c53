// SPDX-License-Identifier: MIT
// The first thread of a process, from its first instruction to main().
#include <lavandin/clock.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/process_heap.hpp>
#include <lavandin/system_calls.hpp>
#include <lavandin/thread_locals.hpp>
#include <lavandin/thread_pointer.hpp>

#include <new>
#include <newlib/platform.hpp>
#include <stdlib.h>

// The C++ main has a name that C++ may not use: start.S jumps to it.
extern "C" [[gnu::visibility("hidden")]] int lavandin_main(int argument_count, char** arguments);

namespace lavandin {

namespace {

constinit Thread_control_block first_thread;
constinit Environment own_environment;
char* argument_pointers[Environment_page::maximum_arguments + 1];

// Exit status of a process that did not get as far as main().
constexpr int start_failed = 127;

using Initialiser = void (*)();

} // namespace

// Bounds of .init_array, set by program.ld.
extern "C" [[gnu::visibility("hidden")]] Initialiser const lavandin_initialisers_begin[];
extern "C" [[gnu::visibility("hidden")]] Initialiser const lavandin_initialisers_end[];
extern "C" [[noreturn]] void lavandin_start_program(void const* page);

Environment const& environment() { return own_environment; }

namespace {

bool create_thread_locals() {
    auto const image = thread_local_image();
    if (image.memory_bytes == 0)
        return true;
    void* const memory =
        aligned_alloc(image.alignment > 16 ? image.alignment : 16, image.memory_bytes);
    if (memory == nullptr)
        return false;
    install_thread_locals(first_thread.own, static_cast<std::byte*>(memory));
    return true;
}

void run_initialisers() {
    for (auto const* initialiser = lavandin_initialisers_begin;
         initialiser != lavandin_initialisers_end; ++initialiser)
        (*initialiser)();
}

int collect_arguments() {
    size_t const count = own_environment.argument_count();
    for (size_t i = 0; i < count; ++i)
        argument_pointers[i] = const_cast<char*>(own_environment.argument(i).data());
    return static_cast<int>(count);
}

} // namespace

void lavandin_start_program(void const* page) {
    own_environment = Environment{page};
    if (!own_environment.valid())
        platform_exit(start_failed);
    if (auto const number = own_environment.member().number(); number != 0)
        own_module = number;
    first_thread.belong_to(own_module);
    first_thread.own.reent = newlib_first_thread_state();
    first_thread.message_buffer =
        reinterpret_cast<abi::Message_buffer*>(own_environment.message_buffer());
    static_cast<void>(thread_set_pointer(reinterpret_cast<uint64_t>(&first_thread)));
    initialise_clock(own_environment.clock_page());
    initialise_window(own_environment.window());
    initialise_heap(own_environment.heap());
    if (!create_thread_locals())
        platform_exit(start_failed);
    run_initialisers();
    exit(lavandin_main(collect_arguments(), argument_pointers));
}

} // namespace lavandin
