// SPDX-License-Identifier: MIT
// The other side of a server's endpoint on the fake kernel: requests and notifications that come
// one after the other, and the answers that were given. When all have come, the server's loop ends
// with peer_died.
#pragma once

#include "fake_kernel.hpp"

#include <lavandin/server.hpp>

#include <cstring>
#include <deque>
#include <utility>

namespace lavandin::fake {

class Clients {
public:
    struct Answer {
        uint64_t reply; // the object it was given through
        uint64_t badge; // whose request it was
        uint32_t label;
        uint64_t word;
        std::string text; // of as many bytes as `word` says, where the buffer has them
    };

    explicit Clients(Kernel& kernel) : _kernel{kernel} {
        kernel.endpoint = [this](System_call which, Registers& registers) {
            return handle(which, registers);
        };
    }

    std::vector<Answer> answers;
    Error refuse_answer{Error::none}; // of the next endpoint_reply_receive

    // What the server calls itself: called with the endpoint's slot in word 0, answers as
    // endpoint_call does.
    std::function<Error(Registers&)> call;

    void add(uint64_t badge, uint32_t label, uint64_t word = 0, uint64_t second = 0) {
        _requests.push_back({{{badge, Message_tag{label, 0}.raw(), word, second, 0, 0}}, {}});
    }
    void add_text(uint64_t badge, uint32_t label, std::string const& text, uint64_t word = 0) {
        uint64_t const words = (text.size() + sizeof(uint64_t) - 1) / sizeof(uint64_t);
        _requests.push_back(
            {{{badge, Message_tag{label, words}.raw(), text.size(), word, 0, 0}}, text});
    }
    // The same with a capability, which is in the server's slot `index`.
    void add_with(uint64_t badge, uint32_t label, uint64_t word, Capability_index index) {
        add(badge, label, word);
        give(index);
    }
    void add_text_with(uint64_t badge, uint32_t label, std::string const& text,
                       Capability_index index) {
        add_text(badge, label, text);
        give(index);
    }
    void notify(uint64_t bits) {
        _requests.push_back({{{0, Message_tag::notification().raw(), bits, 0, 0, 0}}, {}});
    }

    // How many of this client's requests the server holds. One that it has dropped is gone.
    size_t waiting(uint64_t badge) {
        size_t count = 0;
        for (auto const& [reply, caller] : _held)
            count += caller == badge && _kernel.object(static_cast<Capability_index>(reply));
        return count;
    }

private:
    struct Arrival { // as endpoint_receive answers it
        Registers registers;
        std::string text;
        Capability_index given{0};
    };

    void give(Capability_index index) {
        uint64_t& word = _requests.back().registers.word[1];
        Message_tag const tag{word};
        word = Message_tag{tag.label(), tag.buffer_words(), 1}.raw();
        _requests.back().given = index;
    }

    Error handle(System_call which, Registers& registers) {
        switch (which) {
        case System_call::endpoint_reply:
            return answer(registers.word[0], registers);
        case System_call::endpoint_receive:
            return receive(registers.word[1], registers);
        case System_call::endpoint_reply_receive: {
            if (refuse_answer != Error::none)
                return std::exchange(refuse_answer, Error::none);
            uint64_t const reply = registers.word[0] >> 32;
            static_cast<void>(answer(reply, registers));
            return receive(reply, registers);
        }
        case System_call::endpoint_call:
            return call ? call(registers) : Error::peer_died;
        default:
            return Error::no_such_system_call;
        }
    }

    Error answer(uint64_t reply, Registers const& registers) {
        auto const held = _held.find(reply);
        if (held == _held.end())
            return Error::no_caller;
        Message_tag const tag{registers.word[1]};
        auto const* const bytes = reinterpret_cast<char const*>(message_buffer().words);
        uint64_t const size =
            std::min(registers.word[2], tag.buffer_words() * uint64_t{sizeof(uint64_t)});
        answers.push_back(
            {reply, held->second, tag.label(), registers.word[2], std::string(bytes, size)});
        _held.erase(held);
        return Error::none;
    }

    Error receive(uint64_t reply, Registers& registers) {
        if (_requests.empty())
            return Error::peer_died; // ends the loop
        registers = _requests.front().registers;
        auto const& text = _requests.front().text;
        std::memcpy(message_buffer().words, text.data(), text.size());
        message_buffer().received[0].index = _requests.front().given;
        if (!Message_tag{registers.word[1]}.from_notification())
            _held[reply] = registers.word[0];
        _requests.pop_front();
        return Error::none;
    }

    Kernel& _kernel;
    std::deque<Arrival> _requests;
    std::map<uint64_t, uint64_t> _held; // reply objects with a caller, and its badge
};

} // namespace lavandin::fake
