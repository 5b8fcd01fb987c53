/* SPDX-License-Identifier: MIT
 * What the gates know of structures. group_gate.cpp asserts each of them.
 */
#define THREAD_BUFFER 8 /* Thread_control_block */

#define BUFFER_DEPTH 3704 /* Message_buffer, Group_calls */
#define BUFFER_LEVELS 3712
#define DEEPEST 15
#define LEVEL_MEMBER 0 /* Group_level */
#define LEVEL_INSTRUCTION 8
#define LEVEL_STACK 16
#define LEVEL_BYTES 24

#define DIRECTORY 0x10000 /* Group_directory */
#define MEMBER_NUMBER 15  /* bits of an identity that are the number */
#define ENTRY_SHIFT 5
#define ENTRY_GATE 8

#define GATE_FREE 0 /* Group_gate */
#define GATE_FIRST 8
#define GATE_STRIDE 16

#define ERROR_PEER_DIED 11 /* abi::Error */
#define ERROR_BUSY 13
#define ERROR_TOO_LARGE 14
