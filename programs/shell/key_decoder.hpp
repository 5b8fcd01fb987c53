// SPDX-License-Identifier: MIT
// Turns the bytes that a terminal sends into keys: control characters, and the sequences for cursor
// keys (ECMA-48 control sequences, with the finals that VT100 and xterm use).
#pragma once

#include <stdint.h>

namespace lavandin::shell {

enum class Key : uint8_t {
    none, // in the middle of a sequence, or one that is not known
    text, // Decoded::byte belongs to the line
    enter,
    backspace,
    remove, // the character under the cursor
    left,
    right,
    word_left,
    word_right,
    home,
    end,
    up,
    down,
    tab,
    kill_to_end,
    kill_to_begin,
    kill_word,
    clear_screen,
    interrupt,
    end_of_input, // Ctrl-D: on an empty line the end, otherwise remove
};

class Key_decoder {
public:
    struct Decoded {
        Key key;
        char byte;
    };

    Decoded decode(char byte);

private:
    enum class State : uint8_t { ground, escape, sequence, single };

    Key finish(char final);

    State _state{State::ground};
    unsigned _parameter{0};
    bool _modified{false}; // a second parameter was given: Ctrl, Alt or Shift is held
};

} // namespace lavandin::shell
