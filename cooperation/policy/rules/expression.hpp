// SPDX-License-Identifier: MIT
// One expression, compiled for the stack machine of rule_value.c.
//
//     or          and { ("|" | "||") and }
//     and         comparison { ("&" | "&&") comparison }
//     comparison  sum [ ("<" | ">" | "<=" | ">=" | "==" | "!=") sum ]
//     sum         product { ("+" | "-") product }
//     product     factor { ("*" | "/") factor }
//     factor      ("!" | "-") factor | "(" or ")" | number | name [ "[" digits "]" ]
#pragma once

#include "parser.hpp"

#include <map>

namespace lavandin::rules {

struct Definition {
    unsigned line{0};
    unsigned column{0}; // of the first character of the value
    std::string value;
};

using Definitions = std::map<std::string, Definition, std::less<>>;

class Expression {
public:
    Expression(Definitions const& variables, policy_rule_program& program)
        : _variables{variables}, _program{program} {}

    // Whether it could be compiled; otherwise `fault` says why not.
    bool compile(Definition const& definition);

    std::optional<Fault> const& fault() const { return _fault; }
    unsigned history() const { return _history; } // samples that it looks at

private:
    void alternatives();
    void conditions();
    void comparison();
    void sum();
    void product();
    void factor();
    void number();
    void name();
    void variable(std::string_view name, size_t start);
    unsigned subscript();

    void skip_blanks();
    bool take(std::string_view symbol);
    void expect(char symbol);
    void emit(policy_rule_operation operation, unsigned word = 0, unsigned back = 0,
              int64_t value = 0);
    void fail(std::string message, size_t at);

    Definitions const& _variables;
    policy_rule_program& _program;
    Definition const* _text{nullptr};
    size_t _at{0};
    unsigned _level{0}; // of variables and brackets inside each other
    unsigned _stack{0};
    unsigned _history{1};
    std::optional<Fault> _fault;
};

} // namespace lavandin::rules
