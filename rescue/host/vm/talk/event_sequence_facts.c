/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event_sequence_facts.h"

#include "table_event.h"
#include "wire/member.h"

#include <string.h>

int sequence_refuse(struct fault *fault, enum event_kind kind, const char *why)
{
	return fault_set(fault, REASON_GUEST_PROTOCOL, "the guest broke the protocol: %s (%s)", why,
			 event_word(kind));
}

bool sequence_moment(const json_t *object, enum event_kind kind, struct fault *fault,
		     bool *ret_after)
{
	const char *moment = member_text(object, "moment");

	*ret_after = strcmp(moment, "after") == 0;
	if (*ret_after || strcmp(moment, "before") == 0)
		return true;
	sequence_refuse(fault, kind, "a moment is neither before nor after");
	return false;
}

int sequence_take_table(const struct event_sequence *sequence, const json_t *object,
			enum event_kind kind, struct fault *fault)
{
	bool after;

	if (!sequence_moment(object, kind, fault, &after))
		return -1;
	if (sequence->phase < PHASE_DISK || (!after && sequence->phase > PHASE_PLAN) ||
	    (after && (sequence->phase < PHASE_PLAN || !sequence->will_change)))
		return sequence_refuse(fault, kind, "an event is out of order");
	if (!table_event_fits(object))
		return sequence_refuse(fault, kind, "an entry does not fit its kind of table");
	return 0;
}

/* One for each problem, before the plan. */
int sequence_take_table_repair(struct event_sequence *sequence, const json_t *object,
			       struct fault *fault)
{
	unsigned bit = table_event_repair(member_text(object, "problem"));

	if (sequence->phase != PHASE_DISK)
		return sequence_refuse(fault, EVENT_TABLE_REPAIR, "an event is out of order");
	if (bit == 0 || sequence->table_repairs_seen & bit)
		return sequence_refuse(fault, EVENT_TABLE_REPAIR,
				       "a problem is unknown, or told twice");
	sequence->table_repairs_seen |= bit;
	return 0;
}

/* One for each reason to refuse, before the plan. */
int sequence_take_limit(struct event_sequence *sequence, const json_t *object, struct fault *fault)
{
	enum reason reason = reason_of_word(member_text(object, "reason"));
	uint64_t bit;

	if (sequence->phase != PHASE_DISK)
		return sequence_refuse(fault, EVENT_LIMIT, "an event is out of order");
	if (!reason_is_of_guest(reason) || reason_status(reason) != STATUS_REFUSED)
		return sequence_refuse(fault, EVENT_LIMIT, "a limit has no reason to refuse");
	bit = UINT64_C(1) << (reason - REASON_USAGE); /* the guest's first */
	if (sequence->limits_seen & bit)
		return sequence_refuse(fault, EVENT_LIMIT, "a limit is told twice");
	sequence->limits_seen |= bit;
	return 0;
}

/* Once, and only where there is one. */
int sequence_take_key(struct event_sequence *sequence, struct fault *fault)
{
	if (sequence->phase != PHASE_DISK || !sequence->tools_asked || !sequence->has_key ||
	    sequence->key_asked)
		return sequence_refuse(fault, EVENT_KEY, "an event is out of order");
	sequence->key_asked = true;
	return 0;
}

/* From the outermost one on, before the plan. */
int sequence_take_layer(const struct event_sequence *sequence, struct fault *fault)
{
	return sequence->phase == PHASE_DISK && sequence->tools_asked
		       ? 0
		       : sequence_refuse(fault, EVENT_LAYER, "an event is out of order");
}

/* Once, between disk and plan (or check, or exit). */
int sequence_take_tools(struct event_sequence *sequence, struct fault *fault)
{
	if (sequence->phase != PHASE_DISK || sequence->tools_asked || sequence->exited ||
	    sequence->kind == REQUEST_TRACE)
		return sequence_refuse(fault, EVENT_TOOLS, "an event is out of order");
	sequence->tools_asked = true;
	return 0;
}
