/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device events of the guest: one datagram, agent/devices/uevent.c, and the
 * event on the wire that the agent makes of it.
 *
 * The first byte: 1 not from the kernel's port, 2 not from root, 4 without
 * credentials. "0" is the kernel. */
#include "fuzz.h"

#include "agent/devices/uevent.h"
#include "wire/event.h"

#include <stdlib.h>
#include <string.h>

/* The value of the last string KEY=VALUE of the message, or NULL. */
static const char *last_value(const char *message, size_t size_bytes, const char *key)
{
	const char *end = message + size_bytes, *value = NULL;
	size_t key_bytes = strlen(key);

	for (const char *pair = message + strlen(message) + 1; pair < end; pair += strlen(pair) + 1)
		if (strncmp(pair, key, key_bytes) == 0)
			value = pair + key_bytes;
	return value;
}

static void judge_text(const char *text, size_t room_bytes, const char *message, size_t size_bytes,
		       const char *key)
{
	const char *value = last_value(message, size_bytes, key);

	MUST(memchr(text, '\0', room_bytes));
	MUST(strcmp(text, value ? value : "") == 0);
}

static void judge(const struct uevent *event, const char *message, size_t size_bytes)
{
	const char *seqnum = last_value(message, size_bytes, "SEQNUM=");

#define JUDGE(field, key)                                                                          \
	judge_text(event->field, sizeof(event->field), message, size_bytes, key "=")
	JUDGE(action, "ACTION");
	JUDGE(devpath, "DEVPATH");
	JUDGE(subsystem, "SUBSYSTEM");
	JUDGE(devtype, "DEVTYPE");
	JUDGE(devname, "DEVNAME");
#undef JUDGE
	MUST(strchr(message, '@'));
	MUST(event->action[0] && event->devpath[0] && event->subsystem[0]);
	MUST(event->seqnum <= INT64_MAX);
	if (seqnum)
		MUST(strspn(seqnum, "0123456789") == strlen(seqnum));
	MUST(event->seqnum == (seqnum ? strtoull(seqnum, NULL, 10) : 0));
}

/* As job.c reports it: the host accepts the line, if the kernel's bytes are
 * UTF-8 at all. */
static void judge_report(const struct uevent *event)
{
	json_t *fields = json_pack("{s:s, s:s, s:s, s:I}", "action", event->action, "devpath",
				   event->devpath, "subsystem", event->subsystem, "seqnum",
				   (json_int_t)event->seqnum);
	struct fault fault = { 0 };
	enum event_kind kind;
	json_t *object;
	char *line;

	if (!fields)
		return;
	line = event_format(EVENT_UEVENT, 1, fields);
	MUST(line);
	MUST(event_parse(line, strlen(line), &kind, &object, &fault) == 0);
	MUST(kind == EVENT_UEVENT);
	json_decref(object);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct uevent event = { .seqnum = 7777 };
	struct fault fault = { 0 };
	struct fuzz_datagram datagram;
	bool overrun = false, from_kernel;
	int got;

	if (size_bytes < 1)
		return 0;
	datagram = (struct fuzz_datagram){ .data = data + 1,
					   .size_bytes = size_bytes - 1,
					   .port = data[0] & 1,
					   .uid = data[0] >> 1 & 1,
					   .credentials = !(data[0] & 4) };
	from_kernel = datagram.port == 0 && datagram.uid == 0 && datagram.credentials;
	fuzz_datagram(&datagram);
	got = uevent_receive(FUZZ_FD, &event, &overrun, &fault);
	MUST(got == 0 || (got == 1 && from_kernel));
	MUST(!overrun && fault.reason == REASON_NONE);
	if (got == 1) {
		size_t taken_bytes = datagram.size_bytes < UEVENT_MAX_BYTES ? datagram.size_bytes
									    : UEVENT_MAX_BYTES;

		judge(&event, (const char *)datagram.data, taken_bytes);
		judge_report(&event);
		fuzz_accepted++;
	} else {
		MUST(event.seqnum == 7777);
	}
	MUST(uevent_receive(FUZZ_FD, &event, &overrun, &fault) == 0);
	return 0;
}
