/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event_sequence.h"

#include "event_sequence_facts.h"
#include "wire/member.h"

#include <string.h>

/* e2fsck's exit status is a bit set: 1 is "errors were corrected", from 2 up
 * something is left to do. resize2fs knows only 0. */
#define CHECK_STATUS_MAX 1
#define EXIT_STATUS_MAX	 255

/* Enter the phase of a check or resize, none left out, or stay in it. */
static int enter(struct event_sequence *sequence, enum event_kind kind, enum sequence_phase phase,
		 struct fault *fault)
{
	if (sequence->phase < PHASE_PLAN || sequence->phase > phase)
		return sequence_refuse(fault, kind, "an event is out of order");
	if (!sequence->will_change || sequence->kind != REQUEST_GROW)
		return sequence_refuse(fault, kind, "nothing was to be changed");
	if (sequence->partition_only)
		return sequence_refuse(fault, kind, "no file system was to be touched");
	if (sequence->phase == phase)
		return 0;
	if (sequence->phase + 1 != phase)
		return sequence_refuse(fault, kind, "the step before it is missing");
	if (sequence->phase > PHASE_PLAN && (sequence->running || !sequence->succeeded))
		return sequence_refuse(fault, kind, "the step before it has not ended well");
	sequence->phase = phase;
	sequence->running = sequence->succeeded = false;
	return 0;
}

static int take_begin(struct event_sequence *sequence, const json_t *object, enum event_kind kind,
		      struct fault *fault)
{
	if (sequence->running)
		return sequence_refuse(fault, kind, "a step begins twice");
	if (json_object_size(object) != (kind == EVENT_CHECK ? 4 : 3))
		return sequence_refuse(fault, kind, "a begin tells more than that");
	sequence->running = true;
	sequence->succeeded = false;
	return 0;
}

static int take_end(struct event_sequence *sequence, const json_t *object, enum event_kind kind,
		    struct fault *fault)
{
	const json_t *status = json_object_get(object, "exit_status");
	/* Nothing can have been corrected where the disk is only read. */
	json_int_t status_max =
		kind == EVENT_CHECK && sequence->kind != REQUEST_CHECK ? CHECK_STATUS_MAX : 0;

	if (!sequence->running)
		return sequence_refuse(fault, kind, "a step ends that has not begun");
	if (!status || json_object_get(object, "percent") ||
	    (kind == EVENT_CHECK && !json_object_get(object, "repairs")))
		return sequence_refuse(fault, kind, "an end does not tell how");
	sequence->running = false;
	sequence->succeeded = json_integer_value(status) <= status_max;
	return 0;
}

/* A check or a resize: begin, any number of progress, end. A check may come
 * again: e2fsck sometimes wants a second pass. */
static int take_step(struct event_sequence *sequence, const json_t *object, enum event_kind kind,
		     struct fault *fault)
{
	const char *state = member_text(object, "state");
	const json_t *percent = json_object_get(object, "percent");

	if (strcmp(state, "begin") == 0)
		return take_begin(sequence, object, kind, fault);
	if (strcmp(state, "end") == 0)
		return take_end(sequence, object, kind, fault);
	if (strcmp(state, "progress") != 0)
		return sequence_refuse(fault, kind, "a state is unknown");
	if (!sequence->running || !percent || json_integer_value(percent) > 100)
		return sequence_refuse(fault, kind, "a progress makes no sense");
	return 0;
}

static int take_check(struct event_sequence *sequence, const json_t *object, enum event_kind kind,
		      struct fault *fault)
{
	bool after;

	if (!sequence_moment(object, kind, fault, &after))
		return -1;
	if (sequence->kind == REQUEST_CHECK) {
		if (after != sequence->is_grown || kind == EVENT_REPAIR ||
		    sequence->phase < PHASE_DISK)
			return sequence_refuse(fault, kind, "an event is out of order");
		sequence->phase = PHASE_CHECK;
	} else if (enter(sequence, kind, after ? PHASE_CHECK_AFTER : PHASE_CHECK, fault) < 0) {
		return -1;
	}
	return kind == EVENT_REPAIR ? 0 : take_step(sequence, object, kind, fault);
}

/* Has the guest told what a run of its kind ends with? NULL, or what is missing. */
static const char *missing_at_end(const struct event_sequence *sequence)
{
	switch (sequence->kind) {
	case REQUEST_TRACE:
		return sequence->phase < PHASE_DISK ? "done without a disk" : NULL;
	case REQUEST_SHELL:
		return sequence->exited ? NULL : "done without an exit";
	case REQUEST_CHECK:
		return sequence->phase != PHASE_CHECK || sequence->running || !sequence->succeeded
			       ? "done without a check"
			       : NULL;
	default:
		return sequence->phase < PHASE_PLAN ? "done without a plan" : NULL;
	}
}

static int take_done(struct event_sequence *sequence, const json_t *object, struct fault *fault)
{
	const bool changed = json_is_true(json_object_get(object, "changed"));
	const bool to_change = sequence->kind == REQUEST_GROW && sequence->will_change;
	const char *missing = missing_at_end(sequence);

	if (missing)
		return sequence_refuse(fault, EVENT_DONE, missing);
	if (changed != to_change)
		return sequence_refuse(fault, EVENT_DONE, "done contradicts the plan");
	if (changed && sequence->phase != PHASE_VERIFY)
		return sequence_refuse(fault, EVENT_DONE, "done without check and verify");
	sequence->phase = PHASE_OVER;
	return 0;
}

/* Of a shell or a command: once, after the disk. */
static int take_exit(struct event_sequence *sequence, const json_t *object, struct fault *fault)
{
	if (sequence->kind != REQUEST_SHELL || sequence->phase != PHASE_DISK || sequence->exited)
		return sequence_refuse(fault, EVENT_EXIT, "an exit out of order");
	if (json_integer_value(json_object_get(object, "exit_status")) > EXIT_STATUS_MAX)
		return sequence_refuse(fault, EVENT_EXIT, "an exit status that none can be");
	sequence->exited = true;
	return 0;
}

/* The exit status of a run is ours to decide: the guest's word must fit. */
static int take_fault(struct event_sequence *sequence, const json_t *object, struct fault *fault)
{
	enum reason reason = reason_of_word(member_text(object, "reason"));
	json_int_t status = json_integer_value(json_object_get(object, "status"));

	if (!reason_is_of_guest(reason) || status != (json_int_t)reason_status(reason))
		return sequence_refuse(fault, EVENT_FAULT,
				       "a reason is unknown, or its status is another");
	sequence->phase = PHASE_OVER;
	return 0;
}

static int take_next(struct event_sequence *sequence, enum event_kind kind,
		     enum sequence_phase from, enum sequence_phase to, struct fault *fault)
{
	if (sequence->phase != from)
		return sequence_refuse(fault, kind, "an event is out of order");
	sequence->phase = to;
	return 0;
}

/* Does an event tell of a file system just where there is to be one? */
static bool fits_fs(const struct event_sequence *sequence, const json_t *object,
		    const char *const *fields)
{
	for (size_t i = 0; fields[i]; i++)
		if (sequence->partition_only == (json_object_get(object, fields[i]) != NULL))
			return false;
	return true;
}

/* A check that is left to another machine counts as done; with the one before, so is the one
 * after, if it may be. */
static int take_plan(struct event_sequence *sequence, const json_t *object, struct fault *fault)
{
	static const char *const of_fs[] = { "fs_label",    "fs_uuid",	     "fs_state",
					     "block_bytes", "blocks_before", "blocks_after",
					     NULL };
	bool check_left = json_is_true(json_object_get(object, "check_left"));

	if (!fits_fs(sequence, object, of_fs))
		return sequence_refuse(fault, EVENT_PLAN,
				       "facts of a file system are missing, or too many");
	sequence->will_change = json_is_true(json_object_get(object, "changed"));
	if (sequence->kind == REQUEST_CHECK)
		return sequence_refuse(fault, EVENT_PLAN, "a plan that nobody asked for");
	if (check_left && (sequence->leave_checks == LEAVE_NO || !sequence->will_change))
		return sequence_refuse(fault, EVENT_PLAN, "a check is left that may not be");
	sequence->succeeded = check_left;
	sequence->after_left = check_left && sequence->leave_checks == LEAVE_BOTH;
	return take_next(sequence, EVENT_PLAN, PHASE_DISK, check_left ? PHASE_CHECK : PHASE_PLAN,
			 fault);
}

static int take_verify(struct event_sequence *sequence, const json_t *object, struct fault *fault)
{
	static const char *const of_fs[] = { "blocks", "unused_bytes", NULL };

	if (!fits_fs(sequence, object, of_fs))
		return sequence_refuse(fault, EVENT_VERIFY,
				       "the size of a file system is missing, or told");
	if (sequence->partition_only && sequence->will_change && sequence->kind == REQUEST_GROW)
		return take_next(sequence, EVENT_VERIFY, PHASE_PLAN, PHASE_VERIFY, fault);
	if (sequence->after_left && sequence->phase == PHASE_RESIZE && !sequence->running &&
	    sequence->succeeded)
		sequence->phase = PHASE_CHECK_AFTER;
	if (sequence->phase != PHASE_CHECK_AFTER)
		return sequence_refuse(fault, EVENT_VERIFY,
				       "verify without a check after the change");
	return enter(sequence, EVENT_VERIFY, PHASE_VERIFY, fault);
}

int event_sequence_accept(struct event_sequence *sequence, enum event_kind kind,
			  const json_t *object, struct fault *fault)
{
	if (sequence->phase == PHASE_OVER)
		return sequence_refuse(fault, kind, "an event after the last one");
	if ((sequence->phase == PHASE_SILENT) != (kind == EVENT_HELLO))
		return sequence_refuse(fault, kind, "hello comes first, and once");
	switch (kind) {
	case EVENT_HELLO:
		return take_next(sequence, kind, PHASE_SILENT, PHASE_UP, fault);
	case EVENT_DISK:
		if (!sequence->disk_attached)
			return sequence_refuse(fault, kind, "a disk that is not there yet");
		return take_next(sequence, kind, PHASE_UP, PHASE_DISK, fault);
	case EVENT_PLAN:
		return take_plan(sequence, object, fault);
	case EVENT_TABLE:
		return sequence_take_table(sequence, object, kind, fault);
	case EVENT_TABLE_REPAIR:
		return sequence_take_table_repair(sequence, object, fault);
	case EVENT_TOOLS:
		return sequence_take_tools(sequence, fault);
	case EVENT_KEY:
		return sequence_take_key(sequence, fault);
	case EVENT_LAYER:
		return sequence_take_layer(sequence, fault);
	case EVENT_LIMIT:
		return sequence_take_limit(sequence, object, fault);
	case EVENT_CHECK:
	case EVENT_REPAIR:
		return take_check(sequence, object, kind, fault);
	case EVENT_RESIZE:
		if (enter(sequence, kind, PHASE_RESIZE, fault) < 0)
			return -1;
		return take_step(sequence, object, kind, fault);
	case EVENT_VERIFY:
		return take_verify(sequence, object, fault);
	case EVENT_EXIT:
		return take_exit(sequence, object, fault);
	case EVENT_DONE:
		return take_done(sequence, object, fault);
	case EVENT_FAULT:
		return take_fault(sequence, object, fault);
	case EVENT_PROCESS:
	case EVENT_NODE:
	case EVENT_MOUNT:
	case EVENT_LOG:
	case EVENT_MARK:
	case EVENT_LISTING:
	case EVENT_SEQNUM:
	case EVENT_LOST:
		return sequence->recording
			       ? 0
			       : sequence_refuse(fault, kind, "a recording that nobody asked for");
	case EVENT_UEVENT:
	case EVENT_BEAT:
	case EVENT_KINDS:
		break;
	}
	return 0;
}
