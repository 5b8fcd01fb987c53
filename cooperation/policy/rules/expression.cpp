// SPDX-License-Identifier: MIT
#include "expression.hpp"

#include "words.hpp"

#include <charconv>

namespace lavandin::rules {

namespace {

constexpr unsigned most_levels = 32;
constexpr int64_t largest_number = 1'000'000'000;

bool digit(char each) { return each >= '0' && each <= '9'; }

bool letter(char each) {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || each == '_';
}

bool of_name(char each) { return letter(each) || digit(each) || each == '.'; }

} // namespace

// NOLINTBEGIN(misc-no-recursion): factor() bounds the depth
bool Expression::compile(Definition const& definition) {
    _text = &definition;
    _at = 0;
    alternatives();
    skip_blanks();
    if (!_fault && _at < _text->value.size())
        fail("unexpected '" + _text->value.substr(_at, 1) + "'", _at);
    return !_fault;
}

void Expression::alternatives() {
    conditions();
    while (!_fault && (take("||") || take("|"))) {
        conditions();
        emit(POLICY_RULE_OR);
    }
}

void Expression::conditions() {
    comparison();
    while (!_fault && (take("&&") || take("&"))) {
        comparison();
        emit(POLICY_RULE_AND);
    }
}

void Expression::comparison() {
    static constexpr std::pair<std::string_view, policy_rule_operation> operators[] = {
        {"<=", POLICY_RULE_LESS_OR_EQUAL}, {">=", POLICY_RULE_GREATER_OR_EQUAL},
        {"==", POLICY_RULE_EQUAL},         {"!=", POLICY_RULE_NOT_EQUAL},
        {"<", POLICY_RULE_LESS},           {">", POLICY_RULE_GREATER},
    };
    sum();
    for (auto const& [symbol, operation] : operators) {
        if (_fault || !take(symbol))
            continue;
        sum();
        emit(operation);
        return;
    }
}

void Expression::sum() {
    product();
    while (!_fault) {
        bool const plus = take("+");
        if (!plus && !take("-"))
            return;
        product();
        emit(plus ? POLICY_RULE_ADD : POLICY_RULE_SUBTRACT);
    }
}

void Expression::product() {
    factor();
    while (!_fault) {
        bool const times = take("*");
        if (!times && !take("/"))
            return;
        factor();
        emit(times ? POLICY_RULE_MULTIPLY : POLICY_RULE_DIVIDE);
    }
}

void Expression::factor() {
    if (_fault)
        return;
    skip_blanks();
    if (++_level > most_levels)
        return fail("too many levels of brackets and variables", _at);
    char const next = _at < _text->value.size() ? _text->value[_at] : '\0';
    if (take("!")) {
        factor();
        emit(POLICY_RULE_NOT);
    } else if (take("-")) {
        factor();
        emit(POLICY_RULE_NEGATE);
    } else if (take("(")) {
        alternatives();
        expect(')');
    } else if (digit(next) || next == '.') {
        number();
    } else if (letter(next)) {
        name();
    } else {
        fail(next == '\0' ? "a value is missing at the end" : "a value is missing", _at);
    }
    --_level;
}

// Decimal, with as much of a fraction as the machine keeps.
void Expression::number() {
    std::string const& text = _text->value;
    size_t const start = _at;
    int64_t whole = 0;
    int64_t fraction = 0;
    int64_t scale = 1;
    for (; _at < text.size() && digit(text[_at]) && whole <= largest_number; ++_at)
        whole = whole * 10 + (text[_at] - '0');
    if (whole > largest_number)
        return fail("the number is too large", start);
    if (_at < text.size() && text[_at] == '.') {
        size_t const point = _at++;
        for (; _at < text.size() && digit(text[_at]); ++_at) {
            if (scale > largest_number)
                continue;
            fraction = fraction * 10 + (text[_at] - '0');
            scale *= 10;
        }
        if (_at == point + 1)
            return fail("digits are missing after the point", _at);
    }
    int64_t const one = int64_t{1} << POLICY_RULE_BITS;
    emit(POLICY_RULE_CONSTANT, 0, 0, whole * one + (fraction * one + scale / 2) / scale);
}

void Expression::name() {
    size_t const start = _at;
    while (_at < _text->value.size() && of_name(_text->value[_at]))
        ++_at;
    std::string const name = _text->value.substr(start, _at - start);
    if (_variables.contains(name))
        return variable(name, start);
    if (memory_word(name))
        return fail("'" + name + "' is of memory, which is not looked at yet", start);
    std::optional<Word> const word = find_word(name);
    if (!word)
        return fail("'" + name + "' is not known", start);
    bool const counter = !word->percent || take("[");
    if (!counter) {
        _history = std::max(_history, 2U);
        return emit(POLICY_RULE_PERCENT, word->number);
    }
    unsigned const back = word->percent || take("[") ? subscript() : 0;
    if (_fault)
        return;
    _history = std::max(_history, back + 1);
    emit(POLICY_RULE_SAMPLE, word->number, back);
}

// Variables are put in place, as if in brackets.
void Expression::variable(std::string_view name, size_t start) {
    if (_level + 1 > most_levels)
        return fail("'" + std::string{name} + "' refers to itself, or is too deep", start);
    Definition const* const outer = _text;
    size_t const after = _at;
    if (compile(_variables.find(name)->second)) {
        _text = outer;
        _at = after;
    }
}

// NOLINTEND(misc-no-recursion)

unsigned Expression::subscript() {
    skip_blanks();
    unsigned back = 0;
    char const* const begin = _text->value.data() + _at;
    auto const [end, error] =
        std::from_chars(begin, _text->value.data() + _text->value.size(), back);
    if (error != std::errc{} || back >= POLICY_RULE_HISTORY) {
        fail("history goes from [0] to [" + std::to_string(POLICY_RULE_HISTORY - 1) + "]", _at);
        return 0;
    }
    _at += static_cast<size_t>(end - begin);
    expect(']');
    return back;
}

void Expression::skip_blanks() {
    while (_at < _text->value.size() && (_text->value[_at] == ' ' || _text->value[_at] == '\t'))
        ++_at;
}

bool Expression::take(std::string_view symbol) {
    skip_blanks();
    if (_text->value.compare(_at, symbol.size(), symbol) != 0)
        return false;
    _at += symbol.size();
    return true;
}

void Expression::expect(char symbol) {
    if (!_fault && !take({&symbol, 1}))
        fail(std::string{"'"} + symbol + "' is missing", _at);
}

void Expression::emit(policy_rule_operation operation, unsigned word, unsigned back,
                      int64_t value) {
    if (_fault)
        return;
    if (_program.length == POLICY_RULE_LENGTH)
        return fail("the rule is too long, with its variables put in", _at);
    if (operation <= POLICY_RULE_PERCENT)
        ++_stack;
    else if (operation > POLICY_RULE_NEGATE)
        --_stack;
    if (_stack > POLICY_RULE_DEPTH)
        return fail("too many values wait for their operators", _at);
    _program.instructions[_program.length++] = {static_cast<uint32_t>(operation),
                                                static_cast<uint16_t>(word),
                                                static_cast<uint16_t>(back), value};
}

void Expression::fail(std::string message, size_t at) {
    if (!_fault)
        _fault = Fault{_text->line, _text->column + static_cast<unsigned>(at), std::move(message)};
}

} // namespace lavandin::rules
