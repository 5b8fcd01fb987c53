// SPDX-License-Identifier: MIT
// Messages of the xenstore protocol (Xen's io/xs_wire.h and docs/misc/xenstore.txt): a header of
// four 32-bit words and up to 4096 bytes of strings.
#pragma once

#include <initializer_list>
#include <span>
#include <stddef.h>
#include <stdint.h>
#include <string_view>
#include <xen/io/xs_wire.h>

namespace lavandin::xenstore {

struct Message {
    xsd_sockmsg header;
    std::string_view payload; // header.len bytes

    // The payload's pieces are ended by NULs: takes the next one off `rest`; empty at the end.
    static std::string_view take_string(std::string_view& rest);
};

// Puts a message of `strings` together in `to`, each ended by a NUL except, as the protocol wants
// it for values, the last when `open_end`. Answers its bytes; 0 when it does not fit.
size_t encode(std::span<char> to, uint32_t type, uint32_t request,
              std::initializer_list<std::string_view> strings, bool open_end = false,
              uint32_t transaction = 0);

// Puts messages together from the bytes that arrive. The header is checked before its payload is
// taken, so that nothing the other side says is ever larger than the buffer.
class Message_reader {
public:
    // Where the next bytes belong; never empty unless complete() or broken().
    std::span<char> wanted();

    // `bytes` have been put to the beginning of wanted().
    void received(size_t bytes);

    bool complete() const { return _filled >= sizeof(xsd_sockmsg) && missing() == 0; }

    // The other side announced more than the protocol allows: it cannot be followed any further.
    bool broken() const { return _broken; }

    // Only when complete(); valid until next().
    Message message() const;

    void next() { _filled = 0; }

    // A message has begun to arrive and is not whole.
    bool within_message() const { return _filled != 0 && !complete(); }

    // Forgets what has arrived: the next byte is taken as a message's first.
    void restart() {
        _filled = 0;
        _broken = false;
    }

private:
    static constexpr size_t limit = sizeof(xsd_sockmsg) + XENSTORE_PAYLOAD_MAX;

    xsd_sockmsg header() const;
    size_t missing() const;

    alignas(xsd_sockmsg) char _bytes[limit];
    size_t _filled{0};
    bool _broken{false};
};

} // namespace lavandin::xenstore
