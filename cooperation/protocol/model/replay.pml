/* SPDX-License-Identifier: MIT
 *
 * Judges a recording by rules.pml. replay.py puts the recording behind this text, as a process that
 * sends one event after the other. The first line that the rules do not allow is printed.
 */
#define NUMBER int
#include "rules.pml"

mtype = { BEGIN, TAKE, SAY, SHOW, PUT, END, SUSPEND, FORGIVE, NOTIFY, WAKE, SLEEP };

/* Why a line is refused. */
mtype = { WRONG_VERDICT, WRONG_COUNT, NOT_ALLOWED, WRONG_NUMBERS, NOT_WELCOMED, WRONG_STATUS,
    WELCOME_BEFORE_STATUS, OUT_OF_ORDER, EDGE_FORGOTTEN };

/* line, event, is the VMM side's, number, message, verdict, counted */
chan events = [0] of { int, mtype, bit, int, Message, mtype, bit };

#define MUST(condition, reason) \
    if \
    :: condition -> skip \
    :: else -> printf("REFUSED %d %e\n", line, reason); assert(false) \
    fi

/* A verdict that needs no contents is the rules'. One that does comes in their place only where a
 * side looks at contents: before the sequence, or after all that the rules ask. */
inline judge_verdict(judged) {
    MUST(verdict == judged ||
        ((verdict == CONTENT || verdict == STATE) && judged != STATE &&
            (!counted || judged == OK || judged == OUTSTANDING || judged == REGARDING)),
        WRONG_VERDICT);
    MUST(!counted || said.type == HELLO || said.sequence == side.received + 1, WRONG_COUNT);
    MUST(counted || (verdict != OK && verdict != OUTSTANDING && verdict != REGARDING), WRONG_COUNT)
}

/* What was recorded is what the rules make of it. */
inline same(expected) {
    MUST(said.type == expected.type && said.session == expected.session &&
        said.sequence == expected.sequence && said.regarding == expected.regarding,
        WRONG_NUMBERS)
}

inline vmm_says(expected) {
    if
    :: said.type == WELCOME ->
        MUST(side.hello != 0, NOT_ALLOWED);
        vmm_welcome(side, expected, said.admitted);
        expected.session = said.session;
        MUST(said.session == owed && said.instance == side.instance, WRONG_NUMBERS)
    :: said.type == ANSWER -> MUST(MAY_ANSWER(side), NOT_ALLOWED); vmm_answer(side, expected)
    :: said.type == OFFER ->
        MUST(MAY_OFFER(side), NOT_ALLOWED);
        vmm_offer(side, expected);
        expected.regarding = said.regarding /* it may name the request that it comes from */
    :: said.type == RECLAIM -> MUST(MAY_RECLAIM(side), NOT_ALLOWED); vmm_reclaim(side, expected)
    :: else -> MUST(false, NOT_ALLOWED)
    fi
}

inline guest_says(expected) {
    if
    :: said.type == HELLO ->
        MUST(said.session != side.session, NOT_ALLOWED);
        guest_greet(side, expected, said.session, said.instance)
    :: said.type == REQUEST -> MUST(MAY_REQUEST(side), NOT_ALLOWED); guest_request(side, expected)
    :: said.type == RELEASE -> MUST(MAY_RELEASE(side), NOT_ALLOWED); guest_release(side, expected)
    :: (said.type == DONE || said.type == REFUSED) && said.regarding == side.offer ->
        MUST(MAY_REPLY(side, side.offer), NOT_ALLOWED);
        guest_reply(side, expected, side.offer, said.type)
    :: (said.type == DONE || said.type == REFUSED) && said.regarding != side.offer ->
        MUST(MAY_REPLY(side, side.reclaim), NOT_ALLOWED);
        guest_reply(side, expected, side.reclaim, said.type)
    :: else -> MUST(false, NOT_ALLOWED)
    fi
}

proctype Judge() {
    Side side;
    Message said;
    Message expected;
    mtype event;
    mtype verdict;
    mtype judged;
    bit vmm;
    bit counted;
    int line;
    int count;  /* of the event */
    int owed;   /* session of the HELLO that the next WELCOME is for */
    int put;    /* newest sequence put into the ring */
    int status; /* session shown */
    bit notify; /* an edge is due */
end:
    do
    :: events ? line, event, vmm, count, said, verdict, counted ->
        MUST(side.hello == 0 || event == SAY, NOT_WELCOMED);
        if
        :: event == BEGIN && vmm -> vmm_begin(side, count); put = 0; status = 0; notify = 1
        :: event == BEGIN && !vmm -> guest_part(side); put = 0; notify = 1
        :: event == TAKE && vmm ->
            vmm_judge(side, said, judged);
            judge_verdict(judged);
            vmm_take(side, said, verdict, counted);
            owed = side.hello
        :: event == TAKE && !vmm ->
            guest_judge(side, said, judged);
            judge_verdict(judged);
            guest_take(side, said, verdict, counted)
        :: event == SAY ->
            if
            :: vmm -> vmm_says(expected)
            :: !vmm -> guest_says(expected)
            fi;
            same(expected);
            put = (said.sequence == 1 -> 0 : put)
        :: event == PUT ->
            MUST(said.sequence == put + 1 && said.sequence <= side.sent, OUT_OF_ORDER);
            MUST(said.session == side.session || said.type == WELCOME, OUT_OF_ORDER);
            MUST(said.type != WELCOME || !said.admitted || status == said.session,
                WELCOME_BEFORE_STATUS);
            put = said.sequence;
            notify = 1
        :: event == SHOW ->
            MUST(count == side.session, WRONG_STATUS);
            notify = notify || count != status;
            status = count
        :: event == END && vmm -> vmm_end(side)
        :: event == END && !vmm -> guest_part(side)
        :: event == SUSPEND -> vmm_end(side); side.state = SUSPENDED
        :: event == FORGIVE ->
            MUST(side.state == SUSPENDED, NOT_ALLOWED);
            side.state = ALONE
        :: event == NOTIFY -> notify = 0
        :: event == SLEEP -> MUST(!notify, EDGE_FORGOTTEN)
        :: event == WAKE -> skip
        fi
    od
}
