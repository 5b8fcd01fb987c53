// SPDX-License-Identifier: MIT
// The ELF note that says where things are (kernel/outside_view.hpp).
#include <kernel/outside_view.hpp>
#include <xenpv/local.hpp>
#include <xenpv/start_info.hpp>

static_assert(__is_standard_layout(xenpv::Local));
static_assert(__is_standard_layout(kernel::Lock));
static_assert(__is_standard_layout(kernel::List_link));
static_assert(__is_standard_layout(kernel::Processors));

namespace xenpv {

namespace {

struct Note {
    uint32_t name_bytes;
    uint32_t bytes;
    uint32_t type;
    char name[12];
    kernel::Outside_view view;
};
static_assert(offsetof(Note, view) == 24);

alignas(8) [[gnu::section(".note.Lavandin")]] constinit Note const note{
    sizeof "Lavandin", sizeof(kernel::Outside_view), 1, "Lavandin",
    kernel::Outside_access::view(offsetof(Local, outside_view), offsetof(Local, processor),
                                 offsetof(Local, number))};

} // namespace

kernel::Outside_view const* outside_view() { return &note.view; }

} // namespace xenpv
