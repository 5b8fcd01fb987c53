// SPDX-License-Identifier: MIT
// What a bare process has, and where. For C++ and assembly; bare_process.cpp asserts the offsets.
#define BARE_TEXT 0x100000  // bare.S, read and executed
#define BARE_SOUP 0x110000  // what a test put there, read and executed
#define BARE_STATE 0x120000 // Bare_state, read and written
#define BARE_STACK 0x131000 // read and written; nothing around it
#define BARE_BUFFER 0x140000

// Bare_state
#define BARE_FPU 0x0
#define BARE_REGISTERS 0x200
#define BARE_STACK_POINTER 0x280
#define BARE_TARGET 0x288
#define BARE_SELECTORS 0x290 // ds, es, fs, gs: 16 bits each; then cs, ss when stored
#define BARE_MAGIC 0x2a0     // found through fs and gs when their bases are 0
#define BARE_BY_FS 0x2a8
#define BARE_BY_GS 0x2b0
#define BARE_HAS_XSAVE 0x2b8
#define BARE_EXTENDED 0x300 // XSAVE area, of AVX only
#define BARE_STATE_BYTES 0x800
