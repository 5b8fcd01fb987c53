// SPDX-License-Identifier: MIT
// One direction of a byte ring in a page that is shared with somebody we do not trust, as in Xen's
// io/console.h and io/xs_wire.h: two free-running 32-bit counts, their difference is what the ring
// holds. Our own count lives here, is only ever published and never read back; the other side's is
// copied once per operation, and the copy is checked before it is used.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <string_view>

namespace lavandin {

// What both directions share. `size` is a power of two.
template <uint32_t size>
class Byte_ring {
    static_assert(size != 0 && (size & (size - 1)) == 0);

public:
    // True from the moment the other side published a count that cannot be, until resynchronise().
    bool damaged() const { return _damaged; }

    // Our own count: bytes since the ring was made, modulo 2^32.
    uint32_t count() const { return _count; }

protected:
    Byte_ring(char* bytes, uint32_t* own, uint32_t* other)
        : _bytes{bytes}, _own{own}, _other{other}, _count{__atomic_load_n(own, __ATOMIC_RELAXED)} {}

    uint32_t other() const { return __atomic_load_n(_other, __ATOMIC_ACQUIRE); }
    void publish() { __atomic_store_n(_own, _count, __ATOMIC_RELEASE); }

    // Runs `copy(place in the ring, place in the text, length)` for the one or two stretches that
    // `length` bytes from the own count on consist of.
    template <typename Copy>
    void for_stretches(uint32_t length, Copy copy) {
        uint32_t const begin = _count & (size - 1);
        uint32_t const first = length < size - begin ? length : size - begin;
        if (first != 0)
            copy(_bytes + begin, 0u, first);
        if (length != first)
            copy(_bytes, first, length - first);
    }

    // `held` is what the counts say the ring holds.
    bool check(uint32_t held) {
        _damaged = _damaged || held > size;
        return !_damaged;
    }

    // Moves the own count.
    void advance(uint32_t length) {
        _count += length; // adds: bytes of earlier operations may still be in the ring
        publish();
    }

    void restart(uint32_t count) {
        _count = count;
        _damaged = false;
        publish();
    }

private:
    char* _bytes;
    uint32_t* _own;
    uint32_t* _other;
    uint32_t _count;
    bool _damaged{false};
};

template <uint32_t size>
class Ring_producer : public Byte_ring<size> {
public:
    // Counts found in the page are taken as they are: whoever ran before us may have used the ring.
    Ring_producer(char* bytes, uint32_t* produced, uint32_t const* consumed)
        : Byte_ring<size>{bytes, produced, const_cast<uint32_t*>(consumed)} {}

    // Bytes that can be written now; 0 when the ring is damaged.
    uint32_t space() {
        uint32_t const held = this->count() - this->other();
        return this->check(held) ? size - held : 0;
    }

    // True when the other side has taken everything.
    bool drained() const { return this->other() == this->count(); }

    // Writes the beginning of `text` that fits. Answers its length.
    uint32_t write(std::string_view text) {
        uint32_t const room = space();
        uint32_t const length = text.size() < room ? static_cast<uint32_t>(text.size()) : room;
        if (length == 0)
            return 0;
        this->for_stretches(length, [&](char* ring, uint32_t from, uint32_t bytes) {
            memcpy(ring, text.data() + from, bytes);
        });
        this->advance(length);
        return length;
    }

    // Goes on as if the other side had taken everything. What it had not taken is lost.
    void resynchronise() { this->restart(this->other()); }
};

template <uint32_t size>
class Ring_consumer : public Byte_ring<size> {
public:
    Ring_consumer(char* bytes, uint32_t* consumed, uint32_t const* produced)
        : Byte_ring<size>{bytes, consumed, const_cast<uint32_t*>(produced)} {}

    // Bytes that can be read now; 0 when the ring is damaged.
    uint32_t available() {
        uint32_t const held = this->other() - this->count();
        return this->check(held) ? held : 0;
    }

    // Copies at most `length` bytes out of the ring and leaves them there. Answers how many.
    uint32_t peek(char* to, size_t length) {
        uint32_t const held = available();
        uint32_t const bytes = length < held ? static_cast<uint32_t>(length) : held;
        this->for_stretches(bytes, [&](char const* ring, uint32_t at, uint32_t part) {
            memcpy(to + at, ring, part);
        });
        return bytes;
    }

    // Takes `length` bytes out that a peek() has answered.
    void take(uint32_t length) { this->advance(length); }

    // Copies at most `length` bytes out of the ring and takes them out. Answers how many.
    uint32_t read(char* to, size_t length) {
        uint32_t const bytes = peek(to, length);
        if (bytes != 0)
            take(bytes);
        return bytes;
    }

    // Goes on as if everything had been read. What had not been is lost.
    void resynchronise() { this->restart(this->other()); }
};

} // namespace lavandin
