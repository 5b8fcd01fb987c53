// SPDX-License-Identifier: MIT
#include "manifest.hpp"

#include "manifest_parser.hpp"

namespace lavandin::init {

bool Section::grants_service(std::string_view service) const {
    for (Grant const& grant : grants())
        if (grant.kind == Grant_kind::service && grant.name == service)
            return true;
    return false;
}

Section const* Manifest::program(std::string_view name) const {
    Section const* fallback = nullptr;
    for (Section const& section : sections()) {
        if (section.kind != Section_kind::program)
            continue;
        if (section.name == name)
            return &section;
        if (section.name == "*")
            fallback = &section;
    }
    return fallback;
}

void parse_manifest(std::string_view text, Manifest& manifest) {
    Manifest_parser{manifest}.parse(text);
}

} // namespace lavandin::init
