# SPDX-License-Identifier: MIT
# Compilers for the target: x86-64 freestanding, no operating system. Presets choose
# LAVANDIN_COMPILER (gcc or clang); both are the ones Debian ships for the host.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

set(LAVANDIN_COMPILER gcc CACHE STRING "gcc or clang")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES LAVANDIN_COMPILER)

if(LAVANDIN_COMPILER STREQUAL clang)
    set(CMAKE_C_COMPILER clang-14)
    set(CMAKE_CXX_COMPILER clang++-14)
    set(CMAKE_ASM_COMPILER clang-14)
else()
    set(CMAKE_C_COMPILER gcc-12)
    set(CMAKE_CXX_COMPILER g++-12)
    set(CMAKE_ASM_COMPILER gcc-12)
endif()

set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_EXECUTABLE_SUFFIX "")
