// SPDX-License-Identifier: MIT
// Reads the manifest's text line by line and notes every problem with its line.
#pragma once

#include "manifest.hpp"

namespace lavandin::init {

class Manifest_parser {
public:
    explicit Manifest_parser(Manifest& manifest) : _manifest{manifest} {}

    void parse(std::string_view text);

private:
    // Each answers what is wrong, or nullptr.
    using Reason = char const*;
    using Key_reader = Reason (Manifest_parser::*)(std::string_view value);

    struct Key {
        std::string_view name;
        Key_reader read;
        bool repeatable;
        bool of_policies{false}; // else of servers and programs
    };

    static std::span<Key const> keys();

    Reason read_line(std::string_view line);
    Reason open_section(std::string_view head);
    Reason read_setting(std::string_view name, std::string_view value);

    Reason read_program(std::string_view value);
    Reason read_about(std::string_view value);
    Reason read_requires(std::string_view value);
    static Reason read_amount(std::string_view value, Quota& quota);
    Reason read_pool(std::string_view value);
    Reason read_state(std::string_view value);
    Reason read_group(std::string_view value);
    Reason read_quota(std::string_view value);
    Reason read_priority(std::string_view value);
    Reason read_class(std::string_view value);
    Reason read_module(std::string_view value);
    Reason read_share(std::string_view value);
    Reason read_service(std::string_view value);
    Reason read_client(std::string_view value);
    Reason read_system(std::string_view value);
    Reason read_device(std::string_view value);
    Reason add(Grant const& grant);

    // What only the whole file can show.
    void check_section(size_t index);
    Reason check_grant(size_t index, Grant const& grant) const;
    Reason check_group(size_t index) const;
    size_t sections_of(std::string_view group) const;
    bool served_before(size_t index, std::string_view service) const;
    void note(uint32_t line, Reason reason);

    Manifest& _manifest;
    Section* _section{nullptr}; // the one that is open
    bool _head_seen{false};
    uint32_t _line{0};
    uint32_t _seen{0}; // keys of the open section, by place in keys()
};

} // namespace lavandin::init
