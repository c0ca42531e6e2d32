/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest_lines.h"

#include "wire/limits.h"

#include <string.h>

#define EXIT_MS 5000 /* for a guest that is done to power off */

static int check_hello(const struct session *session, const json_t *hello, struct fault *fault)
{
	json_int_t protocol = json_integer_value(json_object_get(hello, "protocol"));
	const char *build_id = json_string_value(json_object_get(hello, "build_id"));

	if (protocol != WIRE_PROTOCOL)
		return fault_set(fault, REASON_GUEST_PROTOCOL,
				 "the guest speaks protocol %lld, not %d", (long long)protocol,
				 WIRE_PROTOCOL);
	if (strcmp(build_id, session->build_id) == 0)
		return 0;
	fault_set(fault, REASON_GUEST_PROTOCOL, "the guest is build %.100s, but %.100s is expected",
		  build_id, session->build_id);
	return fault_hint(fault, "build the guest again: its files do not belong together");
}

/* The guest lives. One that was restored has said its hello long ago: it is
 * passed on only now, so that it is told once also when the guest does not come
 * up, and another one is started. */
static int take_first_word(struct session *session, struct fault *fault)
{
	session->is_up = true;
	watchdog_arm(&session->dog, WATCH_SILENCE, session->stall_ms);
	return session->restored ? events_send(session->events, session->hello, fault) : 0;
}

static void note_stage(struct session *session, const json_t *mark)
{
	const char *text = json_string_value(json_object_get(mark, "text"));

	if (text && strcmp(json_string_value(json_object_get(mark, "what")), "stage") == 0)
		snprintf(session->stage, sizeof(session->stage), "%s", text);
}

/* Note an event that fits the table and the sequence, and pass it on. */
static int take_event(struct session *session, enum event_kind kind, json_t *event,
		      struct fault *fault)
{
	const char *stage = json_string_value(json_object_get(event, "stage"));

	if (kind == EVENT_HELLO) {
		if (check_hello(session, event, fault) < 0)
			return -1;
		session->hello = json_copy(event);
		if (session->restored)
			return 0; /* it proves nothing yet */
	}
	if (!session->is_up && take_first_word(session, fault) < 0)
		return -1;
	if (kind == EVENT_DISK)
		watchdog_arm_disk(&session->dog, 0);
	session->records = session->records || kind == EVENT_SEQNUM;
	if (kind == EVENT_MARK)
		note_stage(session, event);
	if (kind == EVENT_BEAT &&
	    user_streams_stage(session->user, &session->machine, stage, fault) < 0)
		return -1;
	if (kind == EVENT_EXIT && user_streams_exit(session->user, event, fault) < 0)
		return -1;
	watchdog_feed(&session->dog, kind == EVENT_BEAT ? stage : NULL);
	progress_event(session->progress, kind, event);
	if (kind == EVENT_BEAT && session->sequence.kind == REQUEST_SHELL)
		return 0; /* a person may think for days */
	if (kind != EVENT_DONE && kind != EVENT_FAULT)
		return events_send(session->events, event, fault);
	session->verdict = json_incref(event);
	session->end = kind;
	watchdog_arm(&session->dog, WATCH_EXIT, EXIT_MS);
	return 0;
}

int guest_lines_take(struct session *session, const char *line, size_t size_bytes,
		     struct fault *fault)
{
	enum event_kind kind;
	json_t *event;
	int result;

	if (event_parse(line, size_bytes, &kind, &event, fault) < 0)
		return -1;
	if (kind != EVENT_BEAT || session->sequence.kind != REQUEST_SHELL)
		session->wire_bytes += size_bytes + 1;
	if (session->wire_bytes > WIRE_STREAM_MAX_BYTES) {
		json_decref(event);
		return fault_set(fault, REASON_GUEST_PROTOCOL, "the guest sent more than %d MiB",
				 WIRE_STREAM_MAX_BYTES >> 20);
	}
	result = event_sequence_accept(&session->sequence, kind, event, fault);
	if (result == 0)
		result = take_event(session, kind, event, fault);
	json_decref(event);
	return result;
}

int guest_lines_read(struct session *session, struct fault *fault)
{
	char *line;
	size_t size_bytes;
	int found;

	/* A channel that fails has ended: the end of the machine will tell why. */
	if (line_reader_fill(&session->wire) < 0)
		session->wire.end_of_file = true;
	while ((found = line_reader_next(&session->wire, &line, &size_bytes)) > 0)
		if (guest_lines_take(session, line, size_bytes, fault) < 0)
			return -1;
	if (found < 0)
		return fault_set(fault, REASON_GUEST_PROTOCOL,
				 "the guest sent a line that is too long, or holds a NUL");
	return 0;
}
