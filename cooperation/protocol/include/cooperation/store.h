// SPDX-License-Identifier: MIT
// XenStore: only to find each other, and to acknowledge `cpu/N/availability`. Relative to the
// domain's home, /local/domain/DOMID. Numbers are decimal.
#ifndef COOPERATION_STORE_H
#define COOPERATION_STORE_H

// Written by the guest, read by the VMM side.
#define COOP_STORE_GUEST "data/cooperation"
#define COOP_STORE_STATE "data/cooperation/state" // "ready" or "closed"; written last
#define COOP_STORE_VERSION_LEAST "data/cooperation/version-least"
#define COOP_STORE_VERSION_MOST "data/cooperation/version-most"
#define COOP_STORE_GUEST_PAGE "data/cooperation/guest-page-ref"   // grant reference, read-only
#define COOP_STORE_VMM_PAGE "data/cooperation/vmm-page-ref"       // grant reference, writable
#define COOP_STORE_EVENT_CHANNEL "data/cooperation/event-channel" // unbound port for dom0

#define COOP_STORE_READY "ready"
#define COOP_STORE_CLOSED "closed"

// Written by the VMM side, readable for the guest.
#define COOP_STORE_VMM "cooperation"
#define COOP_STORE_VMM_STATE "cooperation/state" // "open", "unusable REASON", or absent
#define COOP_STORE_OPEN "open"
#define COOP_STORE_UNUSABLE "unusable"

// The toolstack's wish for a processor ("online" or "offline"), and what the guest made of it: its
// state in a word, written first; then "ASKED done", "ASKED waiting" or "ASKED refused WHY", where
// ASKED is "online", "offline" or "nothing" and WHY is for people. %u is the processor.
#define COOP_STORE_AVAILABILITY "cpu/%u/availability"
#define COOP_STORE_PROCESSOR_STATE "data/cpu/%u/state"
#define COOP_STORE_PROCESSOR_ANSWER "data/cpu/%u/answer"

// The longest value that either side reads.
#define COOP_STORE_VALUE_BYTES 128

#endif
