// SPDX-License-Identifier: MIT
// Xen's own public headers. Their structures stay theirs; nothing outside arch/ sees them.
#pragma once

#include <stdint.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wundef"
#define __XEN_INTERFACE_VERSION__ 0x00040d00
#include <xen/callback.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/io/console.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xen.h>
#pragma GCC diagnostic pop
