// SPDX-License-Identifier: MIT
// Reading and writing the areas under their count of changes. A reader of somebody who never
// finishes writing gives up after COOP_AREA_TRIES.
#ifndef COOPERATION_AREA_ACCESS_H
#define COOPERATION_AREA_ACCESS_H

#include <cooperation/area.h>
#include <cooperation/error.h>

COOP_BEGIN

// Writes all of the area but `changes`, which it keeps by itself.
void coop_report_write(struct coop_report* area, struct coop_report const* report);
void coop_status_write(struct coop_status* area, struct coop_status const* status);

// Copies the area. BUSY: it was being written each time; the copy's content is of no use.
// Entries of processors that are not kept are zero in the copy.
enum coop_error coop_report_read(struct coop_report* copy, struct coop_report const* area);
enum coop_error coop_status_read(struct coop_status* copy, struct coop_status const* area);

// Checks a copy by itself: ZERO, RANGE, MASK, TIME, VALUE.
enum coop_error coop_report_check(struct coop_report const* copy);
enum coop_error coop_status_check(struct coop_status const* copy);

// Whether `next` may come after `last` in one session: REGRESS if number or time do not grow, or a
// processor's times shrink. The same report again (same number) is EMPTY.
enum coop_error coop_report_follows(struct coop_report const* last, struct coop_report const* next);

COOP_END

#endif
