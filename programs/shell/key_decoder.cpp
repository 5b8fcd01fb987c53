// SPDX-License-Identifier: MIT
#include "key_decoder.hpp"

namespace lavandin::shell {
namespace {

constexpr char control(char letter) { return static_cast<char>(letter & 0x1f); }
constexpr char escape = 0x1b;

struct Assignment {
    char byte;
    Key key;
};

template <typename Table>
Key look_up(Table const& table, char byte) {
    for (Assignment const& assignment : table)
        if (assignment.byte == byte)
            return assignment.key;
    return Key::none;
}

constexpr Assignment controls[] = {
    {'\r', Key::enter},
    {'\n', Key::enter},
    {'\b', Key::backspace},
    {0x7f, Key::backspace},
    {'\t', Key::tab},
    {control('A'), Key::home},
    {control('B'), Key::left},
    {control('C'), Key::interrupt},
    {control('D'), Key::end_of_input},
    {control('E'), Key::end},
    {control('F'), Key::right},
    {control('K'), Key::kill_to_end},
    {control('L'), Key::clear_screen},
    {control('N'), Key::down},
    {control('P'), Key::up},
    {control('U'), Key::kill_to_begin},
    {control('W'), Key::kill_word},
};

constexpr Assignment finals[] = {
    {'A', Key::up},   {'B', Key::down}, {'C', Key::right},
    {'D', Key::left}, {'F', Key::end},  {'H', Key::home},
};

// ESC [ NUMBER ~
Key numbered(unsigned number) {
    switch (number) {
    case 1:
    case 7:
        return Key::home;
    case 3:
        return Key::remove;
    case 4:
    case 8:
        return Key::end;
    default:
        return Key::none;
    }
}

} // namespace

Key_decoder::Decoded Key_decoder::decode(char byte) {
    auto const value = static_cast<unsigned char>(byte);
    switch (_state) {
    case State::ground:
        if (byte == escape) {
            _state = State::escape;
            return {Key::none, byte};
        }
        return value >= ' ' && value != 0x7f ? Decoded{Key::text, byte}
                                             : Decoded{look_up(controls, byte), byte};
    case State::escape:
        _state = byte == '[' ? State::sequence : byte == 'O' ? State::single : State::ground;
        _parameter = 0;
        _modified = false;
        return {byte == 'b' ? Key::word_left : byte == 'f' ? Key::word_right : Key::none, byte};
    case State::single:
        _state = State::ground;
        return {look_up(finals, byte), byte};
    case State::sequence:
        break;
    }
    if (byte >= '0' && byte <= '9' && !_modified)
        _parameter = _parameter < 100 ? _parameter * 10 + (value - unsigned{'0'}) : _parameter;
    _modified = _modified || byte == ';';
    if (value < 0x40) // parameters and intermediates; a final byte is 0x40 to 0x7e
        return {Key::none, byte};
    _state = State::ground;
    return {finish(byte), byte};
}

Key Key_decoder::finish(char final) {
    if (final == '~')
        return numbered(_parameter);
    Key const key = look_up(finals, final);
    if (_modified && key == Key::left)
        return Key::word_left;
    return _modified && key == Key::right ? Key::word_right : key;
}

} // namespace lavandin::shell
