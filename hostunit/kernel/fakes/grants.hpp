// SPDX-License-Identifier: MIT
// Other machines on the same platform: what is granted to them, and what they grant. Each of them
// has granted us 64 pages; those with odd references only for reading.
#pragma once

#include <arch/grants.hpp>
#include <kernel/result.hpp>
#include <map>
#include <string>

namespace fake {

class Grants {
public:
    static constexpr arch::Grant_reference first = 8;
    static constexpr size_t most = 64;
    static constexpr arch::Grant_reference foreign_pages = 64;

    struct Given {
        arch::Machine_number machine;
        kernel::Pfn frame;
        bool writable;
        bool in_use;
    };

    bool supported{true};
    kernel::Error copying{kernel::Error::none}; // what the platform says to copies
    std::map<arch::Grant_reference, Given> given;

    // The page of another machine.
    std::string& foreign_page(arch::Machine_number machine, arch::Grant_reference reference) {
        std::string& page = _pages[{machine, reference}];
        page.resize(kernel::page_size, '\0');
        return page;
    }

private:
    std::map<std::pair<arch::Machine_number, arch::Grant_reference>, std::string> _pages;
};

Grants& grants();

} // namespace fake
