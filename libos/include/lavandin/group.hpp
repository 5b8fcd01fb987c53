// SPDX-License-Identifier: MIT
// Calls between the members of a group: the caller's thread runs the callee's function, in the same
// address space, without entering the kernel.
//
//     // protocol header, included by both sides
//     using Add = Group_function<0, uint64_t(uint64_t, uint64_t)>;
//
//     // callee
//     Result<uint64_t> add(uint64_t a, uint64_t b) { return a + b; }
//     constexpr Group_entry entries[] = {Add::serve<add>}; // by number
//     TRY_VOID(serve_group(entries));
//
//     // caller
//     auto const adder = TRY(Group_peer::find("adder"));
//     uint64_t const sum = TRY(Add::call(adder, 1, 2));
//
// While it visits, the thread is in all respects one of the callee's: capabilities, quota, heap,
// errno. It runs on a stack that the callee provides, and has thread-locals that begin anew with
// each visit. It keeps its priority, and its message buffer: between writing a message there and
// sending it no member may be called. Members are not protected from each other; pointers may be
// passed, and are good as long as their owner lives.
#pragma once

#include <lavandin/abi/group.hpp>
#include <lavandin/abi/result.hpp>
#include <lavandin/layout.hpp>

#include <span>
#include <string.h>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lavandin {

using abi::Error;
using abi::Member_identity;
using abi::Result;

// Arguments on the way there, the answer on the way back; both in registers.
struct Group_words {
    static constexpr size_t count = 6;
    uint64_t word[count]{};
};

using Group_entry = Error (*)(Group_words&);

// A member that can be called.
class Group_peer {
public:
    constexpr Group_peer() = default;
    constexpr explicit Group_peer(Member_identity identity) : _identity{identity} {}

    // The member whose process has that name. Errors: peer_died when there is none (any more, or
    // yet) that takes calls, not_supported when this process is in no group.
    static Result<Group_peer> find(std::string_view name);

    Member_identity identity() const { return _identity; }

    // Calls the function of that number. Errors: whatever it answers; peer_died when the member has
    // ended, before or meanwhile; busy when all of its stacks are in use; not_supported when it has
    // no such function; too_large when the thread is 15 calls deep already.
    Error call(uint64_t function, Group_words& words) const;

private:
    Member_identity _identity;
};

// A function of a member by its number, with up to six arguments of up to eight bytes each, and an
// answer of up to 48 bytes, which may be void.
template <uint64_t number, typename Signature>
class Group_function;

template <uint64_t number, typename Answer, typename... Arguments>
class Group_function<number, Answer(Arguments...)> {
    static_assert(sizeof...(Arguments) <= Group_words::count);
    static_assert(((std::is_trivially_copyable_v<Arguments> && sizeof(Arguments) <= 8) && ...));

public:
    static constexpr uint64_t index = number; // in the callee's table

    // What stands for it in the callee's table.
    template <Result<Answer> (*function)(Arguments...)>
    static Error serve(Group_words& words) {
        return invoke<function>(words, std::index_sequence_for<Arguments...>{});
    }

    // Errors: those of Group_peer::call.
    static Result<Answer> call(Group_peer const& peer, Arguments... arguments) {
        Group_words words{{to_word(arguments)...}};
        Error const error = peer.call(number, words);
        if constexpr (std::is_void_v<Answer>) {
            return error;
        } else {
            if (error != Error::none)
                return error;
            return answer(words);
        }
    }

private:
    template <Result<Answer> (*function)(Arguments...), size_t... places>
    static Error invoke(Group_words& words, std::index_sequence<places...>) {
        auto result = function(from_word<Arguments>(words.word[places])...);
        if constexpr (!std::is_void_v<Answer>) {
            static_assert(std::is_trivially_copyable_v<Answer> && sizeof(Answer) <= sizeof words);
            if (result.ok())
                memcpy(words.word, &result.value(), sizeof(Answer));
        }
        return result.error();
    }

    static Answer answer(Group_words const& words) {
        Answer value;
        memcpy(&value, words.word, sizeof value);
        return value;
    }

    template <typename T>
    static uint64_t to_word(T value) {
        uint64_t word = 0;
        memcpy(&word, &value, sizeof value);
        return word;
    }

    template <typename T>
    static T from_word(uint64_t word) {
        T value;
        memcpy(&value, &word, sizeof value);
        return value;
    }
};

struct Group_options {
    static constexpr size_t most_stacks = 64;

    size_t stacks{4};                                      // visitors at a time, 1 to most_stacks
    uint64_t stack_bytes{layout::default_stack_bytes / 4}; // of each, a multiple of 4096
};

// Takes calls from now on, until this process ends; once. `entries` stay. Errors: not_supported
// (this process is in no group), busy (it takes calls already), invalid_argument (options), those
// of allocate_memory, memory_map and notification_create, and out_of_memory when the window is
// full.
Result<void> serve_group(std::span<Group_entry const> entries, Group_options options = {});

} // namespace lavandin
