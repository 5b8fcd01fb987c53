// SPDX-License-Identifier: MIT
// System calls on memory and channels shared with other machines.
#include <kernel/grant.hpp>
#include <kernel/interrupt.hpp>
#include <kernel/process.hpp>
#include <kernel/system.hpp>
#include <kernel/system_calls.hpp>

namespace kernel::system_call {

using namespace abi;

namespace {

Result<Ref<System>> find_authority(Thread& caller, Capability_index index) {
    return caller.process().table().find<System>(index, system_permission::grants);
}

// Bytes within one page of a region; a page that is to be written is shared with no copy then.
struct Stretch {
    Ref<Memory> memory;
    arch::Own_place place;
    uint16_t bytes;
};

Result<Stretch> find_stretch(Thread& caller, Capability_index index, Permissions needed,
                             uint64_t offset, uint64_t bytes) {
    auto memory = TRY(caller.process().table().find<Memory>(index, needed));
    uint64_t const in_page = offset % page_size;
    if (!bytes || bytes > page_size - in_page || offset / page_size >= memory->count())
        return Error::invalid_argument;
    if (needed & memory_permission::write)
        TRY_VOID(memory->own(offset / page_size));
    Pfn const frame = memory->frame(offset / page_size);
    return Stretch{static_cast<Ref<Memory>&&>(memory),
                   {frame, static_cast<uint16_t>(in_page)},
                   static_cast<uint16_t>(bytes)};
}

// Another machine's page: its number in the high half, the reference in the low one.
Result<arch::Foreign_place> decode_foreign(uint64_t page, uint64_t offset, uint64_t bytes) {
    uint64_t const machine = page >> 32;
    if (machine > arch::largest_machine || offset >= page_size || bytes > page_size - offset)
        return Error::invalid_argument;
    return arch::Foreign_place{static_cast<arch::Machine_number>(machine),
                               static_cast<arch::Grant_reference>(page),
                               static_cast<uint16_t>(offset)};
}

// A grant, while pages of its region get frames of their own.
class Grant_operation final : public Operation {
public:
    Grant_operation(Thread& caller, Ref<Grant> grant, Grant_create_in const& in)
        : _place{caller.process()}, _grant{static_cast<Ref<Grant>&&>(grant)},
          _page{in.offset / page_size}, _machine{static_cast<arch::Machine_number>(in.machine)},
          _writable{(in.rights & memory_permission::write) != 0} {}

    bool step(Thread& caller) override {
        auto const more = _grant->prepare_step();
        if (more.ok() && more.value())
            return true;
        auto const slot = more.ok() ? hand_out() : more.error();
        caller.registers().answer(slot.error());
        if (slot.ok()) {
            caller.registers().set_word(0, slot.value());
            caller.registers().set_word(1, _grant->reference());
        }
        return false;
    }
    void end() override { this->~Grant_operation(); }

private:
    Result<Capability_index> hand_out() {
        TRY_VOID(_grant->start(_page, _machine, _writable));
        return _place->table().add({Ref<Object>{*_grant}, grant_permission::all, 0});
    }

    Ref<Process> _place;
    Ref<Grant> _grant;
    uint64_t _page;
    arch::Machine_number _machine;
    bool _writable;
};

Result<void> begin_grant(Thread& caller, Grant_create_in const& in) {
    end_lingering_grants();
    Process& self = caller.process();
    auto const system = TRY(find_authority(caller, in.system));
    auto memory = TRY(self.table().find<Memory>(
        in.memory, static_cast<Permissions>(in.rights) &
                       (memory_permission::read | memory_permission::write)));
    bool const known = in.rights == memory_permission::read ||
                       in.rights == (memory_permission::read | memory_permission::write);
    if (!known || !page_aligned(in.offset) || in.offset / page_size >= memory->count() ||
        in.machine > arch::largest_machine)
        return Error::invalid_argument;
    auto const grant = TRY(make<Grant>(Ref<Quota>{self.quota()}));
    TRY_VOID(grant->prepare(static_cast<Ref<Memory>&&>(memory),
                            {self.table(), in.system, *system, in.memory}));
    caller.work.carry_out<Grant_operation>(caller, grant, in);
    return {};
}

} // namespace

void grant_create(Thread& caller, Grant_create_in const& in) {
    if (auto const begun = begin_grant(caller, in); !begun.ok())
        caller.registers().answer(begun.error());
}

Result<Channel_create_out> channel_create(Thread& caller, Channel_create_in const& in) {
    Process& self = caller.process();
    (void)TRY(find_authority(caller, in.system));
    if (in.machine > arch::largest_machine)
        return Error::invalid_argument;
    auto const interrupt =
        TRY(make_channel(Ref<Quota>{self.quota()}, static_cast<arch::Machine_number>(in.machine)));
    auto const slot =
        TRY(self.table().add({Ref<Object>{*interrupt}, interrupt_permission::all, 0}));
    return Channel_create_out{slot, interrupt->line()};
}

Result<void> grant_end(Thread& caller, Grant_end_in const& in) {
    end_lingering_grants();
    auto const grant =
        TRY(caller.process().table().find<Grant>(in.grant, grant_permission::control));
    return grant->end();
}

Result<void> grant_read(Thread& caller, Grant_read_in const& in) {
    (void)TRY(find_authority(caller, in.system));
    auto const to =
        TRY(find_stretch(caller, in.memory, memory_permission::write, in.offset, in.size));
    auto const from = TRY(decode_foreign(in.foreign, in.foreign_offset, in.size));
    return arch::copy_from_grant(from, to.place, to.bytes);
}

Result<void> grant_write(Thread& caller, Grant_write_in const& in) {
    (void)TRY(find_authority(caller, in.system));
    auto const from =
        TRY(find_stretch(caller, in.memory, memory_permission::read, in.offset, in.size));
    auto const to = TRY(decode_foreign(in.foreign, in.foreign_offset, in.size));
    return arch::copy_to_grant(from.place, to, from.bytes);
}

} // namespace kernel::system_call
