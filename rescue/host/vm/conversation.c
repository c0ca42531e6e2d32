/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conversation.h"

#include "attach.h"
#include "base/cleanup.h"
#include "host/vm/qemu/native.h"
#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define WRITE_MS 5000

static int await_greeting(struct session *session, struct fault *fault)
{
	while (!session->monitor.greeted)
		if (session_pump(session, fault) < 0)
			return -1;
	return session_execute(session, "qmp_capabilities", NULL, -1, fault) == 0 ? 0 : -1;
}

/* Until it has spoken: its hello, or, restored, its answer to the request. */
static int await_guest(struct session *session, struct fault *fault)
{
	while (!session->is_up)
		if (session_pump(session, fault) < 0)
			return -1;
	return 0;
}

/* Not being saved is no failure of a run. */
static int save(const struct conversation *conversation, struct session *session, struct warm *warm,
		struct fault *fault)
{
	if (warm->mode != WARM_SAVE)
		return 0;
	return warm_save(warm, session, conversation->memory_mib, fault) < 0 ? -1 : 0;
}

/* Wait until the guest records, where it is to; and for a moment of the boot. */
static int await_moment(const struct request *request, struct session *session, struct fault *fault)
{
	const char *moment = moment_words[request->trace.attach_at];
	bool traced = request->kind == REQUEST_TRACE;

	while (!session->verdict && ((request->record && !session->records) ||
				     (traced && strcmp(session->stage, moment) != 0)))
		if (session_pump(session, fault) < 0)
			return -1;
	return 0;
}

/* Wait until the caller says that the disk is ready. The guest waits for it for as long
 * as we do. */
static int await_disk(const struct conversation *conversation, struct session *session,
		      struct fault *fault)
{
	while (session->caller->awaits_disk && !session->verdict)
		if (session_pump(session, fault) < 0)
			return -1;
	/* Until now there was nothing to tell. */
	if (conversation->disk_awaited)
		progress_start(session->progress, conversation->accel == ACCEL_NATIVE);
	return 0;
}

static int bring_disk(const struct conversation *conversation, struct session *session,
		      struct fault *fault)
{
	if (conversation->disk_at_power_on)
		return 0;
	if (await_disk(conversation, session, fault) < 0 ||
	    await_moment(conversation->request, session, fault) < 0)
		return -1;
	return session->verdict ? 0 : attach_disk(conversation, session, fault);
}

static int send_request(const struct conversation *conversation, struct session *session,
			struct fault *fault)
{
	struct request request = *conversation->request;
	char *line;
	int result = 0;

	if (request.time_unix_s == 0)
		request.time_unix_s = time(NULL);
	request.has_seed = getrandom(request.seed, sizeof(request.seed), 0) == sizeof(request.seed);
	user_streams_describe(session->user, &request);
	request.leave_checks = session->sequence.leave_checks;
	line = request_format(&request);
	if (!line)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	if (strlen(line) >= WIRE_LINE_MAX_BYTES) {
		free(line);
		return fault_set(fault, REASON_USAGE, "the command is too long");
	}
	if (write_all(session->machine.wire_fd, line, strlen(line), WRITE_MS) < 0 ||
	    write_all(session->machine.wire_fd, "\n", 1, WRITE_MS) < 0)
		result = fault_set_errno(fault, REASON_GUEST_DIED, errno,
					 "cannot send the request to the guest");
	free(line);
	return result;
}

/* The guest may ask for the tools disk and for the key, once each, before it tells how it ended. */
static int await_verdict(const struct conversation *conversation, struct session *session,
			 struct fault *fault)
{
	bool has_tools = false, has_key = false;

	while (!session->verdict) {
		/* A sealed process that is gone without a word. */
		if (session->wire.end_of_file)
			native_end_storage(&session->machine);
		if (session->sequence.tools_asked && !has_tools) {
			has_tools = true;
			if (attach_tools(conversation, session, fault) < 0)
				return -1;
			continue;
		}
		if (session->sequence.key_asked && !has_key) {
			has_key = true;
			if (attach_key(conversation, session, fault) < 0)
				return -1;
			continue;
		}
		if (session_pump(session, fault) < 0)
			return -1;
	}
	return 0;
}

/* After done the guest powers off, and QEMU closes the disk in order. When it
 * does not in time it is killed: the guest has flushed before it said done. But a
 * QEMU that fails may have lost data. */
static int await_exit(const struct conversation *conversation, struct session *session,
		      struct fault *fault)
{
	/* The storage daemon has no guest that powers off. */
	if (conversation->accel == ACCEL_NATIVE && !session->machine.exited &&
	    session_execute(session, "quit", NULL, -1, fault) != 0)
		return -1;
	while (!session->machine.exited && watchdog_left_ms(&session->dog) > 0)
		if (session_pump(session, fault) < 0 && watchdog_left_ms(&session->dog) > 0)
			return -1;
	if (session->machine.exited && session->machine.wait_status != 0) {
		struct exit_facts facts = session_exit_facts(session);

		return exit_reason_explain(&facts, fault);
	}
	return 0;
}

static int tell_machine(const struct conversation *conversation, const struct session *session,
			struct fault *fault)
{
	return events_send_machine(session->events, conversation->accel,
				   session->monitor.qemu_version, conversation->memory_mib,
				   conversation->confined, session->restored, fault);
}

/* A guest that boots says hello, and gets the request. One that goes on from where
 * it was saved gets the request, and its answer shows that it lives. */
static int begin(const struct conversation *conversation, struct session *session,
		 struct warm *warm, struct fault *fault)
{
	if (await_greeting(session, fault) < 0)
		return -1;
	if (warm->mode == WARM_RESTORE)
		return warm_restore(warm, session, fault) < 0 ||
				       send_request(conversation, session, fault) < 0
			       ? -1
			       : await_guest(session, fault);
	if (await_guest(session, fault) < 0 || save(conversation, session, warm, fault) < 0)
		return -1;
	return send_request(conversation, session, fault);
}

int conversation_run(const struct conversation *conversation, struct session *session,
		     struct warm *warm, struct fault *fault)
{
	if (begin(conversation, session, warm, fault) < 0 ||
	    tell_machine(conversation, session, fault) < 0 ||
	    bring_disk(conversation, session, fault) < 0 ||
	    await_verdict(conversation, session, fault) < 0)
		return -1;
	if (session->end == EVENT_DONE)
		return await_exit(conversation, session, fault);
	/* After a fault nothing on the disk matters any more, unless somebody is to look at it. */
	if (conversation->keep_disk)
		(void)await_exit(conversation, session, fault);
	return 0;
}

int conversation_prepare(const struct conversation *conversation, struct session *session,
			 struct warm *warm, struct fault *fault)
{
	if (await_greeting(session, fault) < 0 || await_guest(session, fault) < 0 ||
	    tell_machine(conversation, session, fault) < 0)
		return -1;
	return warm_save(warm, session, conversation->memory_mib, fault) == 0 ? 0 : -1;
}
