// SPDX-License-Identifier: MIT
#include <kernel/elf_module.hpp>

namespace kernel {

char const* text(Module_error error) {
    switch (error) {
    case Module_error::none:
        return "all is well";
    case Module_error::size:
        return "the file is too small or too large";
    case Module_error::magic:
        return "it is no ELF file of 64 bits";
    case Module_error::machine:
        return "it is for another machine, or not position independent";
    case Module_error::program_headers:
        return "program headers are missing, too many or outside the file";
    case Module_error::segment_kind:
        return "it has a segment of an unknown kind";
    case Module_error::segment_place:
        return "a segment is not where it is in the file, on a page";
    case Module_error::segment_size:
        return "a segment has another size in memory than in the file";
    case Module_error::segment_order:
        return "segments overlap or are out of order";
    case Module_error::segment_rights:
        return "a segment is writable and executable, or not readable";
    case Module_error::dynamic_section:
        return "the dynamic section is misplaced";
    case Module_error::dynamic_entry:
        return "it wants a library, initialisation or relocations of other kinds";
    case Module_error::relocation_table:
        return "the relocations are misplaced or too many";
    case Module_error::relocation_kind:
        return "it imports a symbol";
    case Module_error::relocation_place:
        return "a relocation changes what is not data";
    case Module_error::relocation_target:
        return "a relocation points outside of it";
    case Module_error::descriptor_place:
        return "its entry is no descriptor that can only be read";
    case Module_error::descriptor_contents:
        return "its descriptor is of another version, or has impossible values";
    case Module_error::function_place:
        return "a function is missing or not its own code";
    }
    return "unknown";
}

} // namespace kernel
