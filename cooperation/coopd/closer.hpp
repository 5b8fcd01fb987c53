// SPDX-License-Identifier: MIT
// Ends handles of Xen's libraries: std::unique_ptr<xencall_handle, Closer<xencall_close>>.
#pragma once

namespace lavandin::coopd {

template <auto close>
struct Closer {
    template <class Handle>
    void operator()(Handle* handle) const {
        close(handle);
    }
};

} // namespace lavandin::coopd
