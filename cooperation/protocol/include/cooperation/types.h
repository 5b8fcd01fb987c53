// SPDX-License-Identifier: MIT
// Who talks about what: services, kinds of messages, capabilities, states.
#ifndef COOPERATION_TYPES_H
#define COOPERATION_TYPES_H

// What a message is about. Each service has sequences and a session of its own.
enum coop_service {
    COOP_SERVICE_PROCESSORS = 0, // virtual processors
    COOP_SERVICES = 1,           // numbers from here on are unknown to this version
};

// Kinds of messages. REPORT and STATUS are areas in the pages: they have a number for recordings
// only and never stand in a ring.
enum coop_type {
    COOP_HELLO = 1,    // guest: begins a session
    COOP_REPORT = 2,   // guest, area: what it does and needs
    COOP_REQUEST = 3,  // guest: wants another number of processors
    COOP_RELEASE = 4,  // guest: gave processors up of its own accord
    COOP_DONE = 5,     // guest: an offer was taken or a reclaim followed, wholly or in part
    COOP_REFUSED = 6,  // guest: an offer was not taken, or a reclaim not followed
    COOP_WELCOME = 17, // VMM side: answers HELLO
    COOP_ANSWER = 18,  // VMM side: answers REQUEST
    COOP_OFFER = 19,   // VMM side: processors that may be taken into use now
    COOP_RECLAIM = 20, // VMM side: processors wanted back by a deadline
    COOP_STATUS = 21,  // VMM side, area: allocation, pressure, standing
};

// What a guest says it does. Only what both sides named is in force. Reporting is not volunteering:
// each bit stands for itself.
enum coop_capability {
    COOP_REPORTS = 1 << 0,         // the report area is kept up to date
    COOP_TAKES = 1 << 1,           // requests processors and takes offers
    COOP_GIVES = 1 << 2,           // releases processors and follows reclaims
    COOP_PARKS = 1 << 3,           // can park: out of use at once, the VCPU stays initialised
    COOP_CHARACTERISTICS = 1 << 4, // the report says what its threads are like
    COOP_CAPABILITIES = (1 << 5) - 1,
};

// State of a side, in the head of the page that it writes.
enum coop_side_state {
    COOP_SIDE_ABSENT = 0, // nobody there (a page of zeroes)
    COOP_SIDE_OPEN = 1,   // there, looks at its ring
    COOP_SIDE_CLOSED = 2, // left in good order: nothing is open any more, pages may be unmapped
};

// How a processor is out of use.
enum coop_manner {
    COOP_MANNER_ANY = 0,  // in a reclaim: as the guest likes
    COOP_MANNER_PARK = 1, // idle in the guest, which schedules nothing on it
    COOP_MANNER_STOP = 2, // down (VCPUOP_down): seen as offline by the VMM, too
};

// State of a virtual processor, as the guest sees it.
enum coop_processor_state {
    COOP_PROCESSOR_ABSENT = 0,  // never started
    COOP_PROCESSOR_ONLINE = 1,  // threads are scheduled on it
    COOP_PROCESSOR_PARKED = 2,  // out of use, still initialised
    COOP_PROCESSOR_STOPPED = 3, // down
    COOP_PROCESSOR_MOVING = 4,  // between two of the others
    COOP_PROCESSOR_STATES = 5,
};

#endif
