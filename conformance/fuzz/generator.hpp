// SPDX-License-Identifier: MIT
// System calls at random, from the table of all calls (system_call_arguments.hpp): arguments are
// drawn by their types, often good, sometimes nearly good, sometimes nonsense. Runs in the guest
// and, against the kernel on a fake machine, in host units.
#pragma once

#include "fuzz/world.hpp"

#include <lavandin/abi/error.hpp>
#include <lavandin/abi/message.hpp>
#include <lavandin/system_call_arguments.hpp>

#include <iterator>
#include <optional>
#include <string_view>

namespace fuzz {

using lavandin::System_call_argument;
using lavandin::System_call_shape;
using lavandin::abi::Error;
using lavandin::abi::System_call;

inline constexpr size_t calls = std::size(lavandin::system_call_shapes);

struct Drawn_call {
    size_t index; // in the table; `calls` when the number is in no table
    System_call number;
    std::array<uint64_t, 6> words;
    bool names_slots; // at least one, and
    bool slots_good;  // each held an object of the right type when it was drawn

    System_call_shape const* shape() const {
        return index < calls ? &lavandin::system_call_shapes[index] : nullptr;
    }
};

class Generator {
public:
    Generator(uint64_t seed, World& world) : _random{seed}, _world{world} {}

    // A call that is never to be made.
    void exclude(System_call call);

    // `now`: what deadlines should be near to.
    Drawn_call next(uint64_t now);

    // What a call finds in its thread's buffer.
    void fill(lavandin::abi::Message_buffer& buffer);

    // Remembers what a call has made. `ask(slot)`: the type of the object in a slot, or none.
    template <typename Ask>
    void learn(Drawn_call const& call, Error answer, std::array<uint64_t, 6> const& words,
               Ask ask) {
        if (System_call_shape const* const shape = call.shape()) {
            if (answer == Error::none)
                learn_made(call, *shape, words, ask);
            if (answer == Error::invalid_capability || answer == Error::wrong_type ||
                shape->destructive)
                learn_gone(call, *shape, ask);
        }
        if (!_random.one_in(looks))
            return;
        auto const any = static_cast<Capability_index>(_random.below(World::slots));
        _world.learn(any, ask(any), _world.worth(any)); // what came otherwise
    }

private:
    static constexpr uint64_t looks = 3; // one in so many calls has a look at any slot

    size_t draw_index();
    bool has_objects_for(System_call_shape const& shape);
    void draw_words(Drawn_call& call, System_call_shape const& shape, uint64_t now);
    std::optional<uint64_t> draw_plain(System_call_argument const& argument);
    uint64_t draw(System_call_argument const& argument, bool destructive, Drawn_call& call);
    Capability_index draw_any_slot(Object_type type);
    Capability_index draw_used_slot(Object_type type);
    Capability_index draw_slot(Object_type type, bool destructive, Drawn_call& call);
    uint64_t elsewhere(uint64_t address) const;
    uint64_t draw_address();
    uint64_t draw_bytes();
    uint64_t draw_flags();
    uint64_t draw_word();
    uint64_t draw_time();
    uint64_t draw_tag();

    template <typename Ask>
    void learn_made(Drawn_call const& call, System_call_shape const& shape,
                    std::array<uint64_t, 6> const& words, Ask ask) {
        for (unsigned i = 0; i < words.size(); ++i) {
            if (shape.in[i].name == std::string_view{"address"})
                _recent[_random.below(std::size(_recent))] = call.words[i];
            remember_slots(shape.in[i], call.words[i]);
            if (shape.out[i].type != lavandin::Argument_type::capability)
                continue;
            auto const slot = static_cast<Capability_index>(words[i]);
            _world.learn(slot, ask(slot), worth_of_copy(call, shape));
        }
    }

    template <typename Ask>
    void learn_gone(Drawn_call const& call, System_call_shape const& shape, Ask ask) {
        for (unsigned i = 0; i < call.words.size(); ++i) {
            auto const slot = static_cast<Capability_index>(call.words[i]);
            if (shape.in[i].type == lavandin::Argument_type::capability)
                _world.learn(slot, ask(slot), _world.worth(slot));
        }
    }

    void remember_slots(lavandin::System_call_argument const& argument, uint64_t word) {
        _used[static_cast<size_t>(argument.object)] = static_cast<Capability_index>(word);
        _used[static_cast<size_t>(argument.second_object)] =
            static_cast<Capability_index>(word >> 32);
    }

    World::Worth worth_of_copy(Drawn_call const& call, System_call_shape const& shape) const;

    Random _random;
    World& _world;
    uint64_t _now{0};
    bool _plain{false};  // the call is drawn to succeed
    uint64_t _region{0}; // of another member of a group, in which addresses of a call lie; 0: none
    uint64_t _recent[3]{}; // addresses of memory with which calls have succeeded
    // Slots with which one has succeeded last, by type: calls that belong together name the same,
    // as who receives and who answers. What is remembered for `none` is not used.
    std::array<Capability_index, lavandin::abi::object_types> _used{};
    std::array<bool, calls> _excluded{};
};

} // namespace fuzz
