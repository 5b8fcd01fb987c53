// SPDX-License-Identifier: MIT
// The headers of Xen's libraries, which do not say themselves that they are C.
#pragma once

extern "C" {
#include <xencall.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#include <xen/vcpu.h>
#include <xen/xen.h>
}
