# SPDX-License-Identifier: MIT
# Scheduling modules as files of their own (docs/scheduling.md).
set(LAVANDIN_POLICIES ${CMAKE_BINARY_DIR}/policies)
set(policy_directory ${CMAKE_SOURCE_DIR}/kernel/policy)

# lavandin_add_policy(NAME DESCRIPTOR SOURCES...)
#
# A module policies/NAME whose entry is the object DESCRIPTOR: an ELF file that imports nothing,
# without debug information; with it as policies/NAME.debug. The target is policy-NAME; the global
# property lavandin_policies has all names.
function(lavandin_add_policy name descriptor)
    set(target policy-${name})
    add_executable(${target} ${ARGN})
    target_compile_options(${target} PRIVATE
        -O2 -ffreestanding -fPIC -fvisibility=hidden -mno-red-zone -mgeneral-regs-only
        -fno-stack-protector -fno-asynchronous-unwind-tables -fno-exceptions -fno-rtti
        -fno-threadsafe-statics -nostdinc++
        # a loop must not become a call of memset, which a module does not have
        $<$<CXX_COMPILER_ID:GNU>:-fno-tree-loop-distribute-patterns>)
    target_include_directories(${target} PRIVATE ${policy_directory}/include)
    target_link_libraries(${target} PRIVATE lavandin_abi lavandin_warnings)
    target_link_options(${target} PRIVATE
        -nostdlib -shared "SHELL:-T \"${policy_directory}/module.ld\"" -Wl,-e,${descriptor}
        -Wl,-Bsymbolic -Wl,-z,defs -Wl,-z,noexecstack -Wl,-z,norelro -Wl,-z,max-page-size=4096
        -Wl,--gc-sections -Wl,--build-id=none -Wl,--hash-style=sysv -Wl,--fatal-warnings)
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${name}.debug
        RUNTIME_OUTPUT_DIRECTORY ${LAVANDIN_POLICIES}
        LINK_DEPENDS ${policy_directory}/module.ld)
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND ${CMAKE_OBJCOPY} --strip-all
            ${LAVANDIN_POLICIES}/${name}.debug ${LAVANDIN_POLICIES}/${name}
        BYPRODUCTS ${LAVANDIN_POLICIES}/${name}
        VERBATIM)
    set_property(GLOBAL APPEND PROPERTY lavandin_policies ${name})
endfunction()
