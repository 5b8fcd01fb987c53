// SPDX-License-Identifier: MIT
#include "fuzz/generator.hpp"

#include <lavandin/abi/group.hpp>
#include <lavandin/abi/process.hpp>

namespace fuzz {

using namespace lavandin;
using namespace lavandin::abi;

namespace {

// Slots in use: with fewer more is made, with more most is deleted.
constexpr unsigned sparse = 20;
constexpr unsigned crowded = 50;
constexpr uint64_t some_pages = 24;
constexpr uint64_t few_pages = 8;
constexpr uint64_t least_quota_pages = 5; // a process without any takes four
constexpr uint64_t regions = 3;           // of members of a group
// One in so many draws for a call that destroys does not spare what is needed.
constexpr uint64_t spared = 1500;

constexpr uint64_t odd_words[]{
    0,
    1,
    0x7fff'ffff,
    0x8000'0000,
    0xffff'ffff,
    0x1'0000'0000,
    0x7fff'ffff'ffff'ffff,
    0x8000'0000'0000'0000,
    ~uint64_t{0} - page_size,
    ~uint64_t{0},
};

constexpr uint64_t odd_addresses[]{
    0,
    1,
    user_begin - page_size,
    user_begin,
    user_end - page_size,
    user_end - 1,
    user_end,
    0x0000'7fff'ffff'ffff,
    0x0000'8000'0000'0000, // not canonical
    0x8000'0000'0000'0000,
    0xffff'7fff'ffff'f000,
    0xffff'8000'0000'0000, // kernels begin here
    0xffff'8800'0000'0000,
    0xffff'ffff'8000'0000,
    ~uint64_t{0} << 12,
    ~uint64_t{0},
};

constexpr uint64_t odd_sizes[]{
    1,
    page_size - 1,
    page_size + 1,
    page_size* some_pages + 8,
    16 << 20,
    (16 << 20) + page_size,
    uint64_t{1} << 32,
    user_end,
    uint64_t{1} << 63,
    ~uint64_t{0} - page_size + 1,
    ~uint64_t{0},
};

constexpr uint64_t microsecond = 1000;

bool makes_object(System_call_shape const& shape) {
    return shape.out[0].type == Argument_type::capability;
}

bool takes_slots(System_call_shape const& shape) {
    for (auto const& argument : shape.in)
        if (argument.type == Argument_type::capability || argument.object != Object_type::none)
            return true;
    return false;
}

} // namespace

void Generator::exclude(System_call call) {
    for (size_t i = 0; i < calls; ++i)
        _excluded[i] |= system_call_shapes[i].call == call;
}

size_t Generator::draw_index() {
    if (_random.one_in(200))
        return calls;
    unsigned const used = _world.used();
    bool const make = used < sparse && _random.one_in(2);
    bool const destroy = used > crowded && _random.one_in(2);
    while (true) {
        size_t const index = _random.below(calls);
        System_call_shape const& shape = system_call_shapes[index];
        // Calls without a slot tell least: there are fewer of them.
        bool const draw = takes_slots(shape) || _random.one_in(3);
        bool const wanted = make      ? makes_object(shape) && draw
                            : destroy ? shape.call == System_call::capability_delete
                                      : draw;
        if (wanted && !_excluded[index] && (has_objects_for(shape) || _random.one_in(4)))
            return index;
    }
}

// Whether there is something of each type that the call wants.
bool Generator::has_objects_for(System_call_shape const& shape) {
    for (auto const& argument : shape.in)
        for (Object_type const type : {argument.object, argument.second_object})
            if (type != Object_type::none && _world.any(_random, type) == 0)
                return false;
    return true;
}

Drawn_call Generator::next(uint64_t now) {
    _now = now;
    size_t const index = draw_index();
    Drawn_call call{index, System_call{}, {}, false, true};
    if (System_call_shape const* const shape = call.shape()) {
        call.number = shape->call;
        draw_words(call, *shape, now);
        return call;
    }
    uint64_t number = _random.one_in(2) ? _random.next() : _random.below(2 * calls);
    for (auto const& shape : system_call_shapes)
        if (shape.call == System_call{number})
            number = ~uint64_t{0};
    call.number = System_call{number};
    for (auto& word : call.words)
        word = draw_word();
    return call;
}

void Generator::draw_words(Drawn_call& call, System_call_shape const& shape, uint64_t now) {
    _now = now;
    _plain = _random.one_in(2);
    _region = _random.one_in(6) ? (1 + _random.below(regions)) * region_bytes : 0;
    for (unsigned i = 0; i < call.words.size(); ++i)
        call.words[i] = draw(shape.in[i], shape.destructive, call);
}

// What somebody would pass who wants the call to succeed: mappings, above all, hardly ever come
// about by chance. Nothing where that is no other than what is drawn anyway.
std::optional<uint64_t> Generator::draw_plain(System_call_argument const& argument) {
    constexpr uint64_t read = memory_permission::read;
    constexpr uint64_t rights[]{read, read | memory_permission::write,
                                read | memory_permission::write, read | memory_permission::execute};
    std::string_view const name{argument.name};
    if (argument.type == Argument_type::bytes && argument.most == 0 && name == "offset")
        return 0;
    if (argument.type == Argument_type::bytes && argument.most == 0 && name == "size")
        return (1 + _random.below(2)) * page_size;
    if (argument.type == Argument_type::bytes && name == "quota")
        return (least_quota_pages + _random.below(few_pages)) * page_size;
    if (argument.type == Argument_type::flags && name == "rights")
        return _random.any_of(rights);
    if (argument.type == Argument_type::flags && name == "permissions")
        return all_permissions;
    if (argument.type == Argument_type::word && name == "priority")
        return _random.below(8);
    return {};
}

uint64_t Generator::draw(System_call_argument const& argument, bool destructive, Drawn_call& call) {
    if (_plain)
        if (auto const plain = draw_plain(argument))
            return *plain;
    switch (argument.type) {
    case Argument_type::capability:
        if (argument.optional && _random.one_in(_plain ? 2 : 3))
            return 0;
        return draw_slot(argument.object, destructive, call);
    case Argument_type::bytes:
        return argument.most && _random.one_in(2) ? _random.below(argument.most + 1) : draw_bytes();
    case Argument_type::flags:
        return draw_flags();
    case Argument_type::address:
        // A thread that begins anywhere soon ends its process.
        if (argument.name == std::string_view{"entry"} && !_random.one_in(100))
            return elsewhere(_world.code);
        return draw_address();
    case Argument_type::time:
        return draw_time();
    case Argument_type::tag:
        return draw_tag();
    case Argument_type::none: // nobody should look at it
    case Argument_type::word:
        break;
    }
    if (argument.object == Object_type::none)
        return draw_word();
    uint64_t const low = draw_slot(argument.object, destructive, call);
    return low | uint64_t{draw_slot(argument.second_object, destructive, call)} << 32;
}

Capability_index Generator::draw_any_slot(Object_type type) {
    uint64_t const luck = _random.below(32);
    if (luck < 27)
        return _world.any(_random, type);
    if (luck < 29)
        return _world.any(_random, Object_type::none);
    if (luck < 30)
        return static_cast<Capability_index>(_random.below(2 * World::slots));
    return luck < 31 ? static_cast<Capability_index>(_random.any_of(odd_words)) : 0;
}

// 0 when there is none, or when another shall be tried.
Capability_index Generator::draw_used_slot(Object_type type) {
    if (!_plain || type == Object_type::none || _random.one_in(2))
        return 0;
    if (type == Object_type::process)
        return self_process;
    Capability_index const slot = _used[static_cast<size_t>(type)];
    return _world.type(slot) == type ? slot : 0;
}

Capability_index Generator::draw_slot(Object_type type, bool destructive, Drawn_call& call) {
    // A call on any object (capability_delete) empties the slot and spares the object.
    auto const least = type == Object_type::none ? World::Worth::slot : World::Worth::object;
    Capability_index slot = destructive ? 0 : draw_used_slot(type);
    if (slot == 0)
        slot = draw_any_slot(type);
    while (destructive && (_world.worth(slot) >= least || slot == 0) && !_random.one_in(spared))
        slot = draw_any_slot(type);
    Object_type const held = _world.type(slot);
    call.names_slots = true;
    call.slots_good &= held != Object_type::none && (type == Object_type::none || held == type);
    return slot;
}

// The same place in the region of the group's member that this call is for, if it is.
uint64_t Generator::elsewhere(uint64_t address) const {
    return _region ? _region + address % region_bytes : address;
}

uint64_t Generator::draw_address() {
    uint64_t const luck = _random.below(32);
    if (luck < 10 || (_plain && luck < 16))
        return _random.any_of(_recent); // what is there can be used, or be in the way
    if (_plain)
        return elsewhere(_world.free_pages + _random.below(few_pages) * page_size);
    if (luck < 26)
        return elsewhere(_world.free_pages + _random.below(few_pages) * page_size);
    if (luck < 28)
        return elsewhere(_world.free_pages + _random.below(few_pages * page_size));
    if (luck < 31)
        return _random.any_of(odd_addresses);
    return _random.one_in(4) ? _world.used_pages + _random.below(some_pages) * page_size
                             : _random.next();
}

uint64_t Generator::draw_bytes() {
    uint64_t const luck = _random.below(32);
    if (luck < 8)
        return 0;
    if (luck < 18)
        return luck < 15 ? page_size : 2 * page_size;
    if (luck < 27)
        return page_size * (4 + _random.below(some_pages));
    return luck < 30 ? _random.below(page_size) : _random.any_of(odd_sizes);
}

uint64_t Generator::draw_flags() {
    uint64_t const luck = _random.below(32);
    if (luck < 12)
        return _random.below(2);
    if (luck < 24)
        return 1 + 2 * _random.below(4); // read, with all else that memory may allow
    if (luck < 28)
        return all_permissions;
    return luck < 30 ? _random.below(0x1'0000) : _random.any_of(odd_words);
}

uint64_t Generator::draw_word() {
    uint64_t const luck = _random.below(32);
    if (luck < 12)
        return 0;
    if (luck < 26)
        return _random.below(20);
    return luck < 29 ? _random.next() : _random.any_of(odd_words);
}

uint64_t Generator::draw_time() {
    uint64_t const luck = _random.below(32);
    if (luck < 12)
        return at_once;
    if (luck < 26)
        return _now + _random.below(200) * microsecond;
    if (luck < 29)
        return _now - _random.below(200 * microsecond);
    if (luck < 31)
        return _now + _random.below(2000) * microsecond;
    return _random.one_in(4) ? forever : _random.any_of(odd_words);
}

uint64_t Generator::draw_tag() {
    uint64_t const luck = _random.below(32);
    uint64_t const words = luck < 28 ? _random.below(9) : maximum_buffer_words - 1 + luck % 4;
    uint64_t const transfers = _random.one_in(3) ? _random.below(3) : 0;
    if (luck == 31)
        return _random.one_in(2) ? _random.next() : Message_tag{1, words, _random.below(16)}.raw();
    Message_tag const tag{static_cast<uint32_t>(_random.next()), words, transfers};
    return _random.one_in(3) ? tag.with_deadline().raw() : tag.raw();
}

void Generator::fill(Message_buffer& buffer) {
    Drawn_call ignored{};
    buffer.accepted_transfers =
        _random.one_in(40) ? _random.next() : _random.below(maximum_transfers + 1);
    buffer.deadline = draw_time();
    for (Transfer& transfer : buffer.sent)
        transfer = {draw_slot(Object_type::none, false, ignored),
                    static_cast<uint32_t>(draw_flags()), _random.one_in(4) ? draw_word() : 0};
}

World::Worth Generator::worth_of_copy(Drawn_call const& call,
                                      System_call_shape const& shape) const {
    for (unsigned i = 0; i < call.words.size(); ++i)
        if (shape.in[i].type == Argument_type::capability &&
            shape.in[i].object == Object_type::none &&
            _world.worth(static_cast<Capability_index>(call.words[i])) != World::Worth::little)
            return World::Worth::object;
    return World::Worth::little;
}

} // namespace fuzz
