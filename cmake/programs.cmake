# SPDX-License-Identifier: MIT
# Programs for the target and the image they travel in.
set(LAVANDIN_PROGRAMS ${CMAKE_BINARY_DIR}/programs)

# lavandin_add_program(NAME SOURCES...)
#
# An executable NAME, linked with libos and newlib: with debug information as programs/NAME, without
# as programs/stripped/NAME. Further libraries and directories by the usual commands.
function(lavandin_add_program name)
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE lavandin_os lavandin_warnings)
    set(script ${CMAKE_SOURCE_DIR}/libos/program.ld)
    target_link_options(${name} PRIVATE
        -nostdlib -shared "SHELL:-T \"${script}\"" -Wl,-Bsymbolic -Wl,-z,defs -Wl,-z,noexecstack
        -Wl,-z,relro -Wl,-z,now -Wl,-z,max-page-size=4096 -Wl,-z,common-page-size=4096
        -Wl,--gc-sections -Wl,--build-id=none -Wl,--hash-style=sysv -Wl,--fatal-warnings
        # ours, before newlib's, whose locks lock nothing
        -Wl,-u,__getreent -Wl,-u,__retarget_lock_acquire_recursive
        "SHELL:-Xlinker \"--version-script=${CMAKE_SOURCE_DIR}/libos/program.map\"")
    set_target_properties(${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${LAVANDIN_PROGRAMS}
        LINK_DEPENDS "${script};${CMAKE_SOURCE_DIR}/libos/program.map")
    add_custom_command(TARGET ${name} POST_BUILD
        COMMAND ${CMAKE_COMMAND} -E make_directory ${LAVANDIN_PROGRAMS}/stripped
        COMMAND ${CMAKE_OBJCOPY} --strip-all
            ${LAVANDIN_PROGRAMS}/${name} ${LAVANDIN_PROGRAMS}/stripped/${name}
        BYPRODUCTS ${LAVANDIN_PROGRAMS}/stripped/${name}
        VERBATIM)
endfunction()

# lavandin_boot_image(FIRST program [PROGRAMS program...] [POLICIES module...] [FILES name=path...])
#
# Makes boot.image in the build folder, with FIRST ready to map, PROGRAMS as files programs/NAME,
# POLICIES (policies.cmake) as policies/NAME, and FILES under the names given.
function(lavandin_boot_image)
    cmake_parse_arguments(IMAGE "" "FIRST" "PROGRAMS;POLICIES;FILES" ${ARGN})
    set(tool ${CMAKE_SOURCE_DIR}/tools/make_boot_image.py)
    set(output ${CMAKE_BINARY_DIR}/boot.image)
    set(arguments --output ${output} --first ${LAVANDIN_PROGRAMS}/stripped/${IMAGE_FIRST})
    set(inputs ${tool} ${IMAGE_FIRST} ${LAVANDIN_PROGRAMS}/stripped/${IMAGE_FIRST})
    foreach(program ${IMAGE_PROGRAMS})
        set(path ${LAVANDIN_PROGRAMS}/stripped/${program})
        list(APPEND arguments --file programs/${program}=${path})
        list(APPEND inputs ${program} ${path})
    endforeach()
    foreach(policy ${IMAGE_POLICIES})
        set(path ${LAVANDIN_POLICIES}/${policy})
        list(APPEND arguments --file policies/${policy}=${path})
        list(APPEND inputs policy-${policy} ${path})
    endforeach()
    foreach(file ${IMAGE_FILES})
        list(APPEND arguments --file ${file})
        string(REGEX REPLACE "^[^=]*=" "" path ${file})
        list(APPEND inputs ${path})
    endforeach()
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${PYTHON} ${tool} ${arguments}
        DEPENDS ${inputs}
        COMMENT "Making boot.image"
        VERBATIM)
    add_custom_target(boot_image ALL DEPENDS ${output})
endfunction()
