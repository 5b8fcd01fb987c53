// SPDX-License-Identifier: MIT
#include "kernel_test.hpp"
#include "fakes/machine.hpp"
#include <arch/processor.hpp>
#include <kernel/boot.hpp>
#include <kernel/clock_memory.hpp>
#include <kernel/object.hpp>
#include <kernel/processor_control.hpp>
#include <new>

extern "C" void system_call_from_user();

namespace kernel {

namespace {

// Frames below hold the kernel, as it were; the pool keeps its own tables outside the machine.
constexpr uint64_t first_free_frame = 16;

// The first process of all may not end, so it is none of a test's.
void make_first_process() {
    static Quota quota{1024 * 1024};
    quota.acquire();
    auto const first =
        kernel::make<Process>(Ref<Quota>{quota}, Process::Name{"first"}, false).value();
    first->acquire();
    [[maybe_unused]] static Process* const stays = first.get();
}

void start_once() {
    static std::vector<uint64_t> bitmap(Frame_allocator::bitmap_words(fake::Machine::frames));
    static std::vector<uint64_t> words(fake::Machine::frames);
    if (frame_pool().ready())
        return;
    frame_pool().start(bitmap.data(), words.data(), fake::Machine::frames);
    frame_pool().add(Pfn{first_free_frame}, Pfn{fake::Machine::frames});
    make_first_process();
    static Quota quota{1024 * 1024};
    quota.acquire();
    EXPECT_TRUE(start_clock_memory(Ref<Quota>{quota}).ok());
    alignas(Processor) static char first[sizeof(Processor)];
    processors().add(*new (first) Processor{0});
    processors().admit(1);
    EXPECT_TRUE(make_processors(Ref<Quota>{quota}).ok());
}

// As they are when a machine starts, but that gates there are stay.
void reset_processors() {
    for (uint32_t number = 0; number < arch::most_processors; ++number) {
        Processor_control& control = processor_control(number);
        Ref<Quota> const quota{control.quota()};
        control.~Processor_control();
        (new (&control) Processor_control{quota, number})->acquire();
        Processor* const processor = processors().at(number);
        if (!processor)
            continue;
        processor->~Processor();
        new (processor) Processor{number};
        EXPECT_TRUE(control.offer().ok());
        EXPECT_TRUE(control.accounts().ok());
        processors().refuse(number);
        (void)processors().end_idle(number);
    }
    fake::own().self = processors().at(0);
    fake::own().up = true;
    EXPECT_TRUE(processor_control(0).start().ok());
    processor_control(0).started();
}

} // namespace

void PrintTo(Error error, std::ostream* stream) { *stream << "error " << static_cast<int>(error); }

void PrintTo(Usage const& usage, std::ostream* stream) {
    *stream << "frames " << usage.frames << ", quotas";
    for (uint64_t const used : usage.quotas)
        *stream << ' ' << used;
    *stream << ", objects";
    for (uint64_t const count : usage.objects)
        *stream << ' ' << count;
}

Usage Kernel_test::usage() const {
    Usage found{};
    if (_quota)
        found.quotas.push_back(_quota->used());
    for (auto const& process : _processes)
        found.quotas.push_back(process->quota().used());
    found.frames = frame_pool().free() + arch::table_counts().pooled;
    for (unsigned type = 0; type < found.objects.size(); ++type)
        found.objects[type] = object_count(static_cast<Object_type>(type));
    return found;
}

Kernel_test::Kernel_test() {
    fake::strands().choose(0);
    start_once();
    fake::platform() = {};
    fake::xen().forget();
    fake::strands().set_event([] {
        try {
            events_begin();
            events_handled();
        } catch (fake::Idle const&) {
        }
    });
    reset_processors();
    _before = usage();
    _quota = std::make_unique<Quota>(root_bytes);
    _quota->acquire();
    start_root();
}

void Kernel_test::start_root() {
    Ref<Quota> const quota{*_quota};
    _root = kernel::make<Process>(quota, Process::Name{"root"}, true).value();
    EXPECT_TRUE(_root->prepare().ok());
    _root_thread = kernel::make<Thread>(quota, *_root, unsigned{abi::highest_priority}).value();
    EXPECT_TRUE(_root_thread->prepare(buffer_address).ok());
    inheritance::set_base(*_root_thread, abi::default_priority);
    _root_thread->start(0x10000, 0x20000, 0);
    _root->add(*_root_thread);
    exclusively([this] { make_ready(*_root_thread); });
}

void Kernel_test::start_processors(uint32_t count) {
    exclusively([&] {
        for (uint32_t number = 1; number < count; ++number)
            EXPECT_TRUE(processor_control(number).start().ok());
    });
    for (uint32_t number = 1; number < count; ++number) {
        on(number);
        enter(processor_started);
    }
    on(0);
    _count = count;
}

Processor_set Kernel_test::kicked() const {
    Processor_set set = 0;
    for (uint32_t number = 0; number < fake::machine_processors; ++number)
        if (fake::platform().each[number].kicked)
            set |= set_of(number);
    return set;
}

void Kernel_test::take_kick(uint32_t number) {
    uint32_t const before = fake::strands().executing();
    fake::platform().each[number].kicked = false;
    on(number);
    enter([] {
        events_begin();
        events_handled();
    });
    on(before);
}

void Kernel_test::take_kicks() {
    while (Processor_set const set = kicked())
        take_kick(static_cast<uint32_t>(__builtin_ctzl(set)));
}

// Whoever comes back to user mode can reach nothing that is not its own any more.
void Kernel_test::execute(std::function<void()> const& entry) {
    fake::platform().stack_begin = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
    uint32_t const number = fake::strands().executing();
    fake::strands().run(number, [&] {
        try {
            entry();
        } catch (fake::Idle const&) {
        } catch (fake::User const&) {
        } catch (fake::Stopped const&) {
        } catch (fake::Ended const&) {
            Gate::leave(processor(number), false); // for what the test goes on with
            throw;
        }
    });
    for (uint32_t each = 0; each < fake::machine_processors; ++each)
        if (processor(each).gate.in_user_mode())
            fake::xen().enters_user_mode(each);
}

void Kernel_test::end_processes() {
    on(0);
    exclusively([this] {
        for (auto const& process : _processes)
            process->end(abi::Process_state::killed, 0);
        _root->end(abi::Process_state::killed, 0);
    });
    take_kicks();
    for (uint32_t number = 0; number < _count; ++number) {
        on(number);
        reschedule();
        while (current()) // one that was woken meanwhile and comes first; it goes on with the ends
            exclusively([this] { current()->home().end(abi::Process_state::killed, 0); });
    }
    on(0);
}

void Kernel_test::end_all() {
    end_processes();
    _root_thread.reset();
    _processes.clear();
    _root.reset();
}

Kernel_test::~Kernel_test() {
    end_all();
    EXPECT_EQ(_quota->used(), 0u) << "quota is lost";
    EXPECT_EQ(_quota->references(), 1u);
    EXPECT_EQ(arch::table_counts().in_use, 0u) << "page tables are lost";
    EXPECT_EQ(fake::platform().fpu_states, 0u);
    _quota.reset();
    EXPECT_EQ(usage(), _before) << "something is lost";
}

Kernel_test::Answer Kernel_test::answer_of(Thread const& thread) {
    auto const& registers = const_cast<Thread&>(thread).registers();
    Answer answer{static_cast<Error>(registers.number()), {}};
    for (unsigned i = 0; i < answer.words.size(); ++i)
        answer.words[i] = registers.word(i);
    return answer;
}

void Kernel_test::system_call() { system_call_from_user(); }

void Kernel_test::prepare_call(Thread& caller, Call number,
                               std::initializer_list<uint64_t> arguments) {
    auto& registers = caller.registers();
    registers.answer(static_cast<Error>(number)); // the number goes where the answer comes
    for (unsigned i = 0; i < Answer{}.words.size(); ++i)
        registers.set_word(i, i < arguments.size() ? arguments.begin()[i] : 0);
}

Kernel_test::Answer Kernel_test::call(Call number, std::initializer_list<uint64_t> arguments) {
    Ref<Thread> const caller{*current()};
    prepare_call(*caller, number, arguments);
    enter(system_call_from_user);
    return answer_of(*caller);
}

void Kernel_test::call_on(uint32_t processor, Call number,
                          std::initializer_list<uint64_t> arguments) {
    prepare_call(*current_on(processor), number, arguments);
    fake::strands().begin(processor, [] {
        try {
            system_call_from_user();
        } catch (fake::Idle const&) {
        }
    });
}

Kernel_test::Slot Kernel_test::make(Call number, std::initializer_list<uint64_t> arguments) {
    Answer const answer = call(number, arguments);
    EXPECT_EQ(answer.error, Error::none);
    return answer.slot();
}

Kernel_test::Slot Kernel_test::give(Child const& child, Slot source, uint64_t permissions,
                                    uint64_t badge) {
    return make(Call::capability_copy, {child.slot, source, permissions, badge});
}

Kernel_test::Child Kernel_test::spawn(uint64_t quota, uint64_t priority) {
    Child child;
    child.slot = make(Call::process_create, {quota, 0, 0x646c696863, 0, 0});
    child.process = _root->table().find<Process>(child.slot, abi::process_permission::all).value();
    watch(child.process);
    child.thread_slot =
        make(Call::thread_create, {child.slot, 0x10000, 0x20000, 0, priority, buffer_address});
    child.thread = _root->table().find<Thread>(child.thread_slot, 0).value();
    return child;
}

Kernel_test::Child Kernel_test::spawn_thread(Child const& process, uint64_t number) {
    Child child = process;
    child.thread_slot =
        make(Call::thread_create, {process.slot, 0x10000, 0x20000, 0, abi::default_priority,
                                   buffer_address + number * page_size});
    child.thread = _root->table().find<Thread>(child.thread_slot, 0).value();
    return child;
}

void Kernel_test::reschedule() {
    enter([] {
        Processor& self = this_processor();
        Gate::enter_exclusive(self);
        self.reschedule();
        Gate::leave(self, true);
    });
}

void Kernel_test::run(Thread& thread) {
    for (unsigned tries = 0; tries < 100 && current() && current() != &thread; ++tries) {
        Ref<Thread> const giving_way{*current()};
        auto const registers = giving_way->registers();
        call(Call::thread_yield);
        giving_way->registers() = registers; // what it has not looked at yet
    }
    ASSERT_EQ(current(), &thread) << "the thread does not come to run";
}

void Kernel_test::advance(Time nanoseconds) {
    auto& platform = fake::platform();
    platform.now += nanoseconds;
    uint32_t const before = fake::strands().executing();
    for (uint32_t number = 0; number < _count; ++number) {
        if (platform.each[number].programmed > platform.now)
            continue;
        platform.each[number].programmed = never;
        on(number);
        enter([] {
            events_begin();
            timer_arrived();
            events_handled();
        });
    }
    on(before);
}

void Kernel_test::interrupt(arch::Line line) {
    fake::platform().masked[line] = true;
    enter([line] {
        events_begin();
        interrupt_arrived(line);
        events_handled();
    });
}

} // namespace kernel
