# SPDX-License-Identifier: MIT
# Headers made from the system call table. Link `lavandin_abi` to see them.
set(abi_directory ${CMAKE_SOURCE_DIR}/kernel/abi)
set(abi_generated ${CMAKE_BINARY_DIR}/generated)
set(abi_inputs ${abi_directory}/system_calls.toml ${abi_directory}/generate.py)

function(lavandin_generate kind output)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${PYTHON}
            ${abi_directory}/generate.py ${abi_directory}/system_calls.toml ${kind} ${output}
        DEPENDS ${abi_inputs}
        COMMENT "Generating ${kind} from system_calls.toml"
        VERBATIM)
endfunction()

lavandin_generate(numbers ${abi_generated}/lavandin/abi/system_call_numbers.hpp)
lavandin_generate(types ${abi_generated}/lavandin/abi/system_call_types.hpp)
lavandin_generate(stubs ${abi_generated}/lavandin/system_calls.hpp)
lavandin_generate(handlers ${abi_generated}/kernel/system_calls.hpp)
lavandin_generate(dispatch ${abi_generated}/kernel/dispatch.cpp)
lavandin_generate(pairs ${abi_generated}/lavandin/system_call_pairs.hpp)
lavandin_generate(arguments ${abi_generated}/lavandin/system_call_arguments.hpp)

add_custom_target(lavandin_abi_files DEPENDS
    ${abi_generated}/lavandin/abi/system_call_numbers.hpp
    ${abi_generated}/lavandin/abi/system_call_types.hpp
    ${abi_generated}/lavandin/system_calls.hpp
    ${abi_generated}/kernel/system_calls.hpp
    ${abi_generated}/kernel/dispatch.cpp
    ${abi_generated}/lavandin/system_call_pairs.hpp
    ${abi_generated}/lavandin/system_call_arguments.hpp)

# The reference page stands in the tree; a build whose table says something else stops.
add_custom_target(lavandin_reference ALL
    COMMAND ${PYTHON} ${abi_directory}/generate.py ${abi_directory}/system_calls.toml reference
        ${CMAKE_BINARY_DIR}/interface.md
    COMMAND ${CMAKE_COMMAND} -E compare_files ${CMAKE_SOURCE_DIR}/docs/interface.md
        ${CMAKE_BINARY_DIR}/interface.md
    COMMENT "Comparing docs/interface.md with the system call table"
    VERBATIM)

add_library(lavandin_abi INTERFACE)
target_include_directories(lavandin_abi INTERFACE ${abi_directory} ${abi_generated})
add_dependencies(lavandin_abi lavandin_abi_files)
