// SPDX-License-Identifier: MIT
#include "launcher.hpp"

namespace lavandin::init {

Result<Process> Launcher::launch(Order const&) const { return Error::not_supported; }

bool Launcher::has_device(std::string_view device) const {
    return (device == "console" ? _boot.console_interrupt : _boot.store_ring) != 0;
}

} // namespace lavandin::init
