// SPDX-License-Identifier: MIT
// stand-in
#pragma once
#include <lavandin/abi/boot_image.hpp>
namespace lavandin::abi {
class Boot_image {
public:
    struct Opened {
        bool ok() const { return good; }
        int error() const { return 1; }
        Boot_image const& value() const { return *image; }
        bool good;
        Boot_image* image;
    };
    struct Span { Boot_image_segment const* b; uint64_t n; Boot_image_segment const* begin() const {return b;} Boot_image_segment const* end() const {return b+n;} Boot_image_segment const& operator[](unsigned i) const {return b[i];} };
    static Opened open(void const* p, uint64_t) { static Boot_image i; i.h = static_cast<Boot_image_header const*>(p); return {i.h->magic == Boot_image_header::expected_magic, &i}; }
    static char const* text(int) { return "bad"; }
    uint64_t entry() const { return h->entry; }
    Span segments() const { return {reinterpret_cast<Boot_image_segment const*>(h + 1), h->segments}; }
private:
    Boot_image_header const* h;
};
}
