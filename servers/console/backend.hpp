// SPDX-License-Identifier: MIT
// What carries the console's bytes: the ring that a domU has, or the platform's console of last
// resort that the initial domain has.
#pragma once

#include "console_ring.hpp"

#include <lavandin/mapping.hpp>
#include <lavandin/objects.hpp>

namespace lavandin::console {

class Backend {
public:
    virtual ~Backend() = default;

    // Sends the beginning of `text` for which there is room; answers its length. When it is not
    // all, the interrupt comes once there is more room.
    virtual size_t write(std::string_view text) = 0;

    // Takes what has been typed; 0 when there is nothing.
    virtual size_t read(std::span<char> to) = 0;

    // Lets the interrupt come again. To be called before reading and writing, so that what happens
    // meanwhile is not missed.
    virtual void acknowledge() = 0;

    // True when the other side has taken everything that was sent.
    virtual bool drained() const { return true; }

    // How often the other side did what cannot be (and console text was lost).
    virtual uint64_t faults() const { return 0; }
};

class Ring_backend final : public Backend {
public:
    Ring_backend(Mapping&& page, Interrupt&& interrupt)
        : _page{static_cast<Mapping&&>(page)},
          _interrupt{static_cast<Interrupt&&>(interrupt)}, _ring{*_page.as<xencons_interface>()} {}

    size_t write(std::string_view text) override;
    size_t read(std::span<char> to) override;
    void acknowledge() override { static_cast<void>(_interrupt.acknowledge()); }
    bool drained() const override { return _ring.drained(); }
    uint64_t faults() const override { return _ring.faults(); }

private:
    Mapping _page;
    Interrupt _interrupt;
    Console_ring _ring;
};

// Its console_write takes everything at once. Uses the thread's message buffer.
class Platform_backend final : public Backend {
public:
    Platform_backend(System&& system, Interrupt&& interrupt)
        : _system{static_cast<System&&>(system)}, _interrupt{static_cast<Interrupt&&>(interrupt)} {}

    size_t write(std::string_view text) override;
    size_t read(std::span<char> to) override;
    void acknowledge() override { static_cast<void>(_interrupt.acknowledge()); }

private:
    System _system;
    Interrupt _interrupt;
};

} // namespace lavandin::console
