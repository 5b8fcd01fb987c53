// SPDX-License-Identifier: MIT
// The manifest: which servers run with which capabilities, and what programs get. Data from the
// boot image; views in here point into it. The format is described in README.md.
#pragma once

#include <array>
#include <span>
#include <stdint.h>
#include <string_view>

namespace lavandin::init {

enum class Grant_kind : uint8_t {
    service, // receives on the endpoint of that name
    client,  // calls the endpoint of that name
    system,  // `value`: abi::system_permission bits
    device,  // the ring page and the interrupt of that name
};

struct Grant {
    Grant_kind kind{};
    std::string_view name;
    uint64_t value{0}; // client: roles; system: permissions
};

// How much memory a process gets.
struct Quota {
    uint64_t bytes{0};
    uint64_t percent{0}; // of what init has left; 0: `bytes` holds

    uint64_t of(uint64_t left) const { return percent != 0 ? left / 100 * percent : bytes; }
};

enum class Section_kind : uint8_t { server, program, policy };

struct Section {
    static constexpr size_t maximum_grants = 12;

    Section_kind kind{};
    uint32_t line{0};
    std::string_view name;
    std::string_view program;         // file in the boot image; the section's name when not given
    std::string_view about;           // programs: one line for `help`
    std::string_view requires_device; // servers: left out where the machine lacks this device
    std::string_view group;           // of which its processes are members; empty: none
    Quota quota;
    Quota pool;              // servers: memory to give out, which outlives them; may be none
    uint64_t state_bytes{0}; // servers: memory of their own that outlives them
    uint64_t priority{0};
    uint64_t scheduling_class{0}; // in which its processes begin
    uint64_t parameter{0};        // in that class, unless it is that of priorities
    uint64_t place{0};            // policies: where `program` is installed; empty: what is built in
    uint64_t share{0};            // policies: thousandths of its class; 0: as it is
    std::array<Grant, maximum_grants> grant_storage{};
    size_t grant_count{0};

    std::span<Grant const> grants() const { return {grant_storage.data(), grant_count}; }
    bool grants_service(std::string_view service) const;
};

struct Problem {
    uint32_t line; // from 1
    char const* reason;
};

class Manifest {
public:
    static constexpr size_t maximum_sections = 64;
    static constexpr size_t maximum_groups = 4;
    static constexpr size_t maximum_problems = 8;
    static constexpr size_t maximum_bytes = 64 << 10;

    // In the order in which they stand in the file.
    std::span<Section const> sections() const { return {_sections.data(), _count}; }

    // What a program gets: its own section, or the one named `*`; nullptr when there is neither.
    Section const* program(std::string_view name) const;

    // The first problems, in order of lines as far as they belong to one. Empty: usable.
    std::span<Problem const> problems() const { return {_problems.data(), _problem_count}; }

private:
    friend class Manifest_parser;

    std::array<Section, maximum_sections> _sections{};
    size_t _count{0};
    std::array<Problem, maximum_problems> _problems{};
    size_t _problem_count{0};
};

// Reads the whole text into `manifest`, which is empty before. Problems are found there.
void parse_manifest(std::string_view text, Manifest& manifest);

} // namespace lavandin::init
