// SPDX-License-Identifier: MIT
// One move-only handle per type of kernel object. Each function is one system call; its errors are
// in docs/interface.md under the name of that call.
#pragma once

#include <lavandin/abi/process.hpp>
#include <lavandin/capability.hpp>

#include <string_view>

namespace lavandin {

// Up to 16 characters of a process's name, as process_create takes them.
struct Packed_name {
    uint64_t low;
    uint64_t high;
};
Packed_name pack_name(std::string_view name);

class Notification : public Typed_capability<Notification, Object_type::notification> {
public:
    using Typed_capability::Typed_capability;

    static Result<Notification> create() { return own(TRY(notification_create())); }
    Result<void> signal() const { return notification_signal(index()); }
    // The bits that were set. `deadline`: nanoseconds of the clock, `forever` or `at_once`.
    Result<uint64_t> wait(uint64_t deadline = forever) const {
        return notification_wait(index(), deadline);
    }
};

// A region of frames.
class Memory : public Typed_capability<Memory, Object_type::memory> {
public:
    using Typed_capability::Typed_capability;

    // From this process's own quota; programs ask allocate_memory (memory_source.hpp) instead.
    static Result<Memory> create(uint64_t bytes) { return own(TRY(memory_create(bytes))); }
    // Out of the quota of `payer`, a process.
    static Result<Memory> create_for(Capability_index payer, uint64_t bytes) {
        return own(TRY(memory_create_for(payer, bytes)));
    }
    Result<uint64_t> size() const { return memory_size(index()); }
};

class Process : public Typed_capability<Process, Object_type::process> {
public:
    using Typed_capability::Typed_capability;

    static constexpr Process self() { return borrow(self_process); }

    // `quota` in bytes, out of the caller's. `name`: the first 16 characters count.
    // `ended` is signalled when the process ends; 0 for none. It becomes a member of `group`; 0: it
    // is alone.
    static Result<Process> create(uint64_t quota, std::string_view name, uint64_t flags = 0,
                                  Capability_index ended = 0, Capability_index group = 0);
    Result<void> destroy(uint64_t status) const { return process_destroy(index(), status); }
    Result<Process_information> information() const;

    // Puts a copy of one of the caller's capabilities into the process's table; answers the slot.
    Result<Capability_index> install(Capability_index source,
                                     Permissions permissions = all_permissions,
                                     uint64_t badge = 0) const {
        return capability_copy(index(), source, permissions, badge);
    }
    Result<void> map(Memory const& memory, uint64_t address, uint64_t offset, uint64_t bytes,
                     Permissions rights) const {
        return memory_map(index(), memory.index(), address, offset, bytes, rights);
    }
    Result<void> unmap(uint64_t address, uint64_t bytes) const {
        return memory_unmap(index(), address, bytes);
    }
    // Who receives at the endpoint answers for faults; 0 for nobody.
    Result<void> set_fault_endpoint(Capability_index endpoint) const {
        return process_set_fault_endpoint(index(), endpoint);
    }
};

// Processes made in it share one address space and trust each other with all they have.
class Group : public Typed_capability<Group, Object_type::group> {
public:
    using Typed_capability::Typed_capability;

    static Result<Group> create() { return own(TRY(group_create())); }
};

class Endpoint : public Typed_capability<Endpoint, Object_type::endpoint> {
public:
    using Typed_capability::Typed_capability;

    static Result<Endpoint> create() { return own(TRY(endpoint_create())); }
    // Has the notification's bits arrive at receivers as messages.
    Result<void> bind(Notification const& notification) const {
        return endpoint_bind(index(), notification.index());
    }
    Result<void> unbind() const { return endpoint_bind(index(), 0); }
};

// Holds one caller between receive and answer.
class Reply : public Typed_capability<Reply, Object_type::reply> {
public:
    using Typed_capability::Typed_capability;

    static Result<Reply> create() { return own(TRY(reply_create())); }
};

// A kernel thread. Programs use Thread (thread.hpp), which also has a stack.
class Kernel_thread : public Typed_capability<Kernel_thread, Object_type::thread> {
public:
    using Typed_capability::Typed_capability;

    Result<void> destroy() const { return thread_destroy(index()); }
    Result<void> set_priority(uint64_t priority) const {
        return thread_set_priority(index(), priority);
    }
};

class Interrupt : public Typed_capability<Interrupt, Object_type::interrupt> {
public:
    using Typed_capability::Typed_capability;

    // The bits set are those of the notification capability's badge.
    Result<void> bind(Notification const& notification) const {
        return interrupt_bind(index(), notification.index());
    }
    Result<void> acknowledge() const { return interrupt_acknowledge(index()); }
    Result<void> raise() const { return interrupt_raise(index()); }
};

class System : public Typed_capability<System, Object_type::system> {
public:
    using Typed_capability::Typed_capability;

    Result<System_information> information() const;
    Result<void> shutdown(Shutdown reason) const {
        return system_shutdown(index(), static_cast<uint64_t>(reason));
    }
};

} // namespace lavandin
