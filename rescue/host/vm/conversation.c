/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conversation.h"

#include "ending.h"
#include "monitor.h"
#include "wire/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define WRITE_MS 5000
#define DISK_MS	 60000

/* A command that is about the disk. */
static int execute(struct session *session, const char *command, json_t *arguments,
		   struct fault *fault)
{
	char text[300];
	int result = monitor_execute(session, command, arguments, -1, fault);

	if (result <= 0)
		return result;
	qmp_error_text(session->answer, text, sizeof(text));
	fault_set(fault, REASON_DISK_IO, "QEMU cannot use the disk: %s", text);
	if (strstr(text, " lock"))
		fault_hint(fault, "another program has the disk or its image open: end it first");
	return -1;
}

static int await_greeting(struct session *session, struct fault *fault)
{
	while (!session->greeted)
		if (session_pump(session, fault) < 0)
			return -1;
	return monitor_execute(session, "qmp_capabilities", NULL, -1, fault) == 0 ? 0 : -1;
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
static int save(struct session *session, struct warm *warm, const struct options *options,
		struct fault *fault)
{
	if (warm->mode != WARM_SAVE)
		return 0;
	return warm_save(warm, session, options->memory_mib, fault) < 0 ? -1 : 0;
}

static int attach_disk(struct session *session, const struct options *options,
		       const struct paths *paths, struct fault *fault)
{
	json_t *node = hardware_node(paths->disk_name, options->disk_format,
				     request_only_reads(options->request.kind));

	if (!node)
		return fault_set(fault, REASON_DISK_IO, "the name of the disk is not UTF-8");
	if (execute(session, "blockdev-add", node, fault) < 0)
		return -1;
	session->order.disk_attached = true; /* the guest may see it before QEMU answers */
	if (options->request.kind == REQUEST_GROW || request_only_reads(options->request.kind))
		watchdog_arm_disk(&session->dog, DISK_MS);
	return execute(session, "device_add", hardware_device(options->hardware.attach), fault);
}

/* It comes when the guest records, where it is to; and at a moment of the boot. */
static int await_moment(struct session *session, const struct options *options, struct fault *fault)
{
	const char *moment = moment_words[options->request.trace.attach_at];

	bool traced = options->request.kind == REQUEST_TRACE;

	while (!session->verdict && ((options->request.record && !session->records) ||
				     (traced && strcmp(session->stage, moment) != 0)))
		if (session_pump(session, fault) < 0)
			return -1;
	return 0;
}

/* The guest waits for its disk for as long as we do. */
static int await_word(struct session *session, const struct options *options, struct fault *fault)
{
	while (session->word->fd >= 0 && !session->verdict)
		if (session_pump(session, fault) < 0)
			return -1;
	if (options->await_disk)
		progress_start(session->progress);
	return 0;
}

static int bring_disk(struct session *session, const struct options *options,
		      const struct paths *paths, struct fault *fault)
{
	if (options->hardware.disk_at_power_on)
		return 0;
	if (await_word(session, options, fault) < 0 || await_moment(session, options, fault) < 0)
		return -1;
	return session->verdict ? 0 : attach_disk(session, options, paths, fault);
}

static int send_request(struct session *session, const struct options *options, struct fault *fault)
{
	struct request request = options->request;
	char *line;
	int result = 0;

	if (request.time_unix_s == 0)
		request.time_unix_s = time(NULL);
	request.has_seed = getrandom(request.seed, sizeof(request.seed), 0) == sizeof(request.seed);
	user_describe(session->user, &request);
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

static int await_verdict(struct session *session, struct fault *fault)
{
	while (!session->verdict)
		if (session_pump(session, fault) < 0)
			return -1;
	return 0;
}

/* After done the guest powers off, and QEMU closes the disk in order. When it
 * does not in time it is killed: the guest has flushed before it said done. A
 * bad end of QEMU is another matter: it may have lost what it held. */
static int await_exit(struct session *session, struct fault *fault)
{
	while (!session->machine.exited && watchdog_left_ms(&session->dog) > 0)
		if (session_pump(session, fault) < 0 && watchdog_left_ms(&session->dog) > 0)
			return -1;
	if (session->machine.exited && session->machine.wait_status != 0)
		return ending_explain(session, fault);
	return 0;
}

static int tell_machine(struct session *session, const struct machine_plan *plan,
			const struct options *options, struct fault *fault)
{
	return report_machine(session->report, plan->accel, session->qemu_version,
			      options->memory_mib, plan->confine->rules_fd >= 0, session->restored,
			      fault);
}

/* A guest that boots says hello, and gets the request. One that goes on from where
 * it was saved gets the request, and its answer shows that it lives. */
static int begin(struct session *session, struct warm *warm, const struct options *options,
		 struct fault *fault)
{
	if (await_greeting(session, fault) < 0)
		return -1;
	if (warm->mode == WARM_RESTORE)
		return warm_restore(warm, session, fault) < 0 ||
				       send_request(session, options, fault) < 0
			       ? -1
			       : await_guest(session, fault);
	if (await_guest(session, fault) < 0 || save(session, warm, options, fault) < 0)
		return -1;
	return send_request(session, options, fault);
}

int conversation_run(struct session *session, const struct machine_plan *plan, struct warm *warm,
		     const struct options *options, const struct paths *paths, struct fault *fault)
{
	if (begin(session, warm, options, fault) < 0 ||
	    tell_machine(session, plan, options, fault) < 0 ||
	    bring_disk(session, options, paths, fault) < 0 || await_verdict(session, fault) < 0)
		return -1;
	if (session->end == EVENT_DONE)
		return await_exit(session, fault);
	/* After a fault nothing on the disk matters any more, unless somebody is to look at it. */
	if (options->keep_disk)
		(void)await_exit(session, fault);
	return 0;
}

int conversation_prepare(struct session *session, const struct machine_plan *plan,
			 struct warm *warm, const struct options *options, struct fault *fault)
{
	if (await_greeting(session, fault) < 0 || await_guest(session, fault) < 0 ||
	    tell_machine(session, plan, options, fault) < 0)
		return -1;
	return warm_save(warm, session, options->memory_mib, fault) == 0 ? 0 : -1;
}
