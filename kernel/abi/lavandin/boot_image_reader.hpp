// SPDX-License-Identifier: MIT
// Boot_image: reads what boot_image.hpp describes. Shared by kernel and user code: needs no library
// and allocates nothing. Only an image that passed every check can be had.
#pragma once

#include <lavandin/abi/boot_image.hpp>
#include <lavandin/abi/capability.hpp>
#include <lavandin/abi/process.hpp>
#include <lavandin/crc32.hpp>

#include <stddef.h>
#include <stdint.h>

namespace lavandin::abi {

enum class Boot_image_error : uint8_t {
    none,
    misplaced,        // it does not begin at a multiple of 8
    truncated_header, // fewer bytes than a header has
    wrong_magic,      // no boot image at all
    wrong_version,    // made for another kernel
    wrong_size,       // its size is no multiple of 4096, or more than there is
    segment_count,    // no segment, or more than 8
    file_count,       // more than 1024 files
    truncated_tables, // the tables reach beyond the image
    wrong_checksum,   // header or tables were damaged
    segment_range,    // a segment's contents lie outside the image, in the tables or misaligned
    segment_address,  // a segment's addresses are misaligned, empty or outside user space
    segment_size,     // more contents than memory, or memory without contents that is not writable
    segment_rights,   // a segment is writable and executable, or not readable
    segment_overlap,  // two segments overlap, or are not in the order of their addresses
    entry_outside,    // the entry is in no executable segment
    file_name,        // a file's name is empty or does not end
    file_order,       // files are not sorted by name, or two have the same name
    file_range,       // a file lies outside the image, in the tables or misaligned
};

// A stretch of one of the tables.
template <typename Entry>
class Boot_image_table {
public:
    constexpr Boot_image_table() = default;
    constexpr Boot_image_table(Entry const* begin, uint32_t count) : _begin{begin}, _count{count} {}

    constexpr Entry const* begin() const { return _begin; }
    constexpr Entry const* end() const { return _begin + _count; }
    constexpr uint32_t size() const { return _count; }
    constexpr Entry const& operator[](size_t index) const { return _begin[index]; } // < size()

private:
    Entry const* _begin{nullptr};
    uint32_t _count{0};
};

class Boot_image {
public:
    class Opened;

    // One line about an error.
    static constexpr char const* text(Boot_image_error error);

    // An empty image: no segments, no files.
    constexpr Boot_image() = default;

    // Checks everything. `begin` is where the image lies, `bytes` how much is there; what follows
    // the image is not looked at. The memory must stay as it is as long as the reader is used.
    static Opened open(void const* begin, uint64_t bytes);

    Boot_image_header const& header() const {
        return *reinterpret_cast<Boot_image_header const*>(_begin);
    }
    uint64_t entry() const { return header().entry; }
    uint64_t bytes() const { return header().bytes; }
    Boot_image_table<Boot_image_segment> segments() const {
        return {reinterpret_cast<Boot_image_segment const*>(_begin + sizeof(Boot_image_header)),
                _segments};
    }
    Boot_image_table<Boot_image_file> files() const {
        return {reinterpret_cast<Boot_image_file const*>(segments().end()), _files};
    }
    // `name` has `length` characters. Null when there is no such file.
    Boot_image_file const* find(char const* name, size_t length) const;

    // Where the contents of a segment or a file begin.
    uint8_t const* contents(uint64_t offset) const { return _begin + offset; }

private:
    static constexpr uint64_t page = 4096;
    static constexpr uint32_t maximum_segments = 8;
    static constexpr uint32_t maximum_files = 1024;

    explicit Boot_image(void const* begin) : _begin{static_cast<uint8_t const*>(begin)} {}

    static constexpr bool aligned(uint64_t value) { return value % page == 0; }
    static constexpr uint64_t pages(uint64_t bytes) { return (bytes + page - 1) / page; }

    uint64_t tables_end() const {
        return sizeof(Boot_image_header) + uint64_t{_segments} * sizeof(Boot_image_segment) +
               uint64_t{_files} * sizeof(Boot_image_file);
    }
    static constexpr uint64_t largest_segment = 16 * 1024 * 1024; // as one Memory
    // Behind the segments the first program gets its stack and the whole image.
    static constexpr uint64_t room_behind = 1024 * 1024 * 1024;

    bool inside(uint64_t offset, uint64_t size) const {
        return aligned(offset) && offset >= tables_end() && offset <= bytes() &&
               size <= bytes() - offset;
    }

    Boot_image_error check(uint64_t available);
    Boot_image_error check_header(uint64_t available) const;
    uint32_t checksum() const;
    Boot_image_error check_segments() const;
    Boot_image_error check_segment(Boot_image_segment const& segment) const;
    Boot_image_error check_files() const;
    static int compare(char const* left, char const* right, size_t length);
    static bool terminated(Boot_image_file const& file);

    uint8_t const* _begin{nullptr};
    uint32_t _segments{0};
    uint32_t _files{0};
};

class Boot_image::Opened {
public:
    constexpr Opened(Boot_image_error error) : _error{error} {}
    constexpr Opened(Boot_image image) : _image{image} {}

    constexpr bool ok() const { return _error == Boot_image_error::none; }
    constexpr Boot_image_error error() const { return _error; }
    constexpr Boot_image const& value() const { return _image; } // empty unless ok()

private:
    Boot_image_error _error{Boot_image_error::none};
    Boot_image _image{};
};

constexpr char const* Boot_image::text(Boot_image_error error) {
    constexpr char const* texts[] = {
        "no error",
        "the boot image is misplaced in memory",
        "the boot image is shorter than its header",
        "this is no boot image: wrong magic number",
        "the boot image has a version that this kernel does not know",
        "the boot image is truncated, or its size is no multiple of 4096",
        "the boot image has no segment of the first program, or more than 8",
        "the boot image has more than 1024 files",
        "the boot image is shorter than its tables",
        "the boot image is damaged: wrong checksum",
        "a segment's contents lie outside the boot image",
        "a segment's addresses lie outside user space",
        "a segment's sizes do not fit",
        "a segment is both writable and executable, or not readable",
        "segments of the first program overlap",
        "the first program's entry is in no executable segment",
        "a file's name is empty or does not end",
        "files are not sorted by name",
        "a file lies outside the boot image",
    };
    auto const index = static_cast<size_t>(error);
    return index < sizeof texts / sizeof *texts ? texts[index] : "unknown error";
}

inline Boot_image::Opened Boot_image::open(void const* begin, uint64_t bytes) {
    if (reinterpret_cast<uintptr_t>(begin) % alignof(Boot_image_header) != 0)
        return Boot_image_error::misplaced;
    Boot_image image{begin};
    if (auto const error = image.check(bytes); error != Boot_image_error::none)
        return error;
    return image;
}

inline Boot_image_error Boot_image::check(uint64_t available) {
    if (auto const error = check_header(available); error != Boot_image_error::none)
        return error;
    _segments = header().segments;
    _files = header().files;
    if (tables_end() > bytes())
        return Boot_image_error::truncated_tables;
    if (checksum() != header().checksum)
        return Boot_image_error::wrong_checksum;
    if (auto const error = check_segments(); error != Boot_image_error::none)
        return error;
    return check_files();
}

inline Boot_image_error Boot_image::check_header(uint64_t available) const {
    if (available < sizeof(Boot_image_header))
        return Boot_image_error::truncated_header;
    if (header().magic != Boot_image_header::expected_magic)
        return Boot_image_error::wrong_magic;
    if (header().version != Boot_image_header::current_version)
        return Boot_image_error::wrong_version;
    if (!aligned(bytes()) || bytes() > available || bytes() == 0)
        return Boot_image_error::wrong_size;
    if (header().segments == 0 || header().segments > maximum_segments)
        return Boot_image_error::segment_count;
    if (header().files > maximum_files)
        return Boot_image_error::file_count;
    return Boot_image_error::none;
}

// Over header and tables, with the checksum's own field zero.
inline uint32_t Boot_image::checksum() const {
    constexpr size_t field = offsetof(Boot_image_header, checksum);
    Crc32 crc;
    crc.add(_begin, field);
    for (size_t i = 0; i < sizeof(uint32_t); ++i)
        crc.add(0);
    crc.add(_begin + field + sizeof(uint32_t), tables_end() - field - sizeof(uint32_t));
    return crc.value();
}

inline Boot_image_error Boot_image::check_segments() const {
    uint64_t end = 0;
    bool entry_found = false;
    for (auto const& segment : segments()) {
        if (auto const error = check_segment(segment); error != Boot_image_error::none)
            return error;
        if (segment.address < end)
            return Boot_image_error::segment_overlap;
        end = segment.address + pages(segment.memory_bytes) * page;
        entry_found = entry_found || ((segment.rights & memory_permission::execute) != 0 &&
                                      entry() >= segment.address &&
                                      entry() - segment.address < segment.memory_bytes);
    }
    return entry_found ? Boot_image_error::none : Boot_image_error::entry_outside;
}

inline Boot_image_error Boot_image::check_segment(Boot_image_segment const& segment) const {
    constexpr uint64_t read = memory_permission::read;
    constexpr uint64_t read_write = read | memory_permission::write;
    constexpr uint64_t read_execute = read | memory_permission::execute;
    constexpr uint64_t limit = user_end - room_behind;
    if (!inside(segment.offset, segment.file_bytes))
        return Boot_image_error::segment_range;
    if (!aligned(segment.address) || segment.address < user_begin || segment.address >= limit ||
        segment.memory_bytes == 0 || segment.memory_bytes > limit - segment.address)
        return Boot_image_error::segment_address;
    if (segment.memory_bytes > largest_segment)
        return Boot_image_error::segment_size;
    if (segment.rights != read && segment.rights != read_write && segment.rights != read_execute)
        return Boot_image_error::segment_rights;
    // What is not writable is mapped right out of the image, so all of it must be there.
    if (segment.file_bytes > segment.memory_bytes ||
        (segment.rights != read_write && pages(segment.file_bytes) != pages(segment.memory_bytes)))
        return Boot_image_error::segment_size;
    return Boot_image_error::none;
}

inline Boot_image_error Boot_image::check_files() const {
    Boot_image_file const* previous = nullptr;
    for (auto const& file : files()) {
        if (!terminated(file))
            return Boot_image_error::file_name;
        if (previous != nullptr && compare(previous->name, file.name, sizeof file.name) >= 0)
            return Boot_image_error::file_order;
        if (!inside(file.offset, file.bytes))
            return Boot_image_error::file_range;
        previous = &file;
    }
    return Boot_image_error::none;
}

inline bool Boot_image::terminated(Boot_image_file const& file) {
    if (file.name[0] == '\0')
        return false;
    for (char const character : file.name) {
        if (character == '\0')
            return true;
    }
    return false;
}

// As memcmp, but ends where both texts do.
inline int Boot_image::compare(char const* left, char const* right, size_t length) {
    for (size_t i = 0; i < length; ++i) {
        auto const a = static_cast<uint8_t>(left[i]);
        auto const b = static_cast<uint8_t>(right[i]);
        if (a != b)
            return a < b ? -1 : 1;
        if (a == 0)
            break;
    }
    return 0;
}

inline Boot_image_file const* Boot_image::find(char const* name, size_t length) const {
    if (length >= sizeof(Boot_image_file::name))
        return nullptr;
    auto const* low = files().begin();
    auto const* high = files().end();
    while (low < high) {
        auto const* const middle = low + (high - low) / 2;
        int order = compare(middle->name, name, length);
        if (order == 0 && middle->name[length] != '\0')
            order = 1; // a longer name with the same beginning
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return nullptr;
}

} // namespace lavandin::abi
