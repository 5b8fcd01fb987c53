// SPDX-License-Identifier: MIT
// Xen's store by libxenstore: values below domains' homes, and watches.
#pragma once

#include "closer.hpp"
#include "xen_headers.hpp"
#include "xen_side.hpp"

#include <memory>

namespace lavandin::coopd {

class Real_store {
public:
    Real_store();

    // Readable when there is an event.
    int descriptor() const { return xs_fileno(_handle.get()); }

    std::optional<std::string> read(Domain_number domain, std::string_view key);
    bool write(Domain_number domain, std::string_view key, std::string_view value);
    void remove(Domain_number domain, std::string_view key);
    bool watch(Domain_number domain, Watch_event::Kind kind);
    void unwatch(Domain_number domain, Watch_event::Kind kind);
    std::optional<Watch_event> event();

private:
    std::unique_ptr<xs_handle, Closer<xs_close>> _handle;
};

} // namespace lavandin::coopd
