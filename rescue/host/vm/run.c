/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include "conversation.h"
#include "ending.h"

#define CANDIDATE_HELLO_MS 5000	 /* for an accelerator that has a substitute */
#define RESTORED_HELLO_MS  10000 /* for a machine that was saved */

/* What one machine came to. */
enum outcome {
	OUTCOME_VERDICT,
	OUTCOME_FAULT,
	OUTCOME_NO_HELLO,
	OUTCOME_AGAIN, /* in another way */
	OUTCOME_COLD   /* without the saved machine */
};

/* The guest's own end of the run: its last event, and our exit status. */
static int report_verdict(struct run *run, const struct session *session, enum status *ret_status,
			  struct fault *fault)
{
	const char *word = json_string_value(json_object_get(session->verdict, "reason"));

	if (report_event(run->report, session->verdict, fault) < 0)
		return -1;
	*ret_status = session->end == EVENT_DONE ? STATUS_OK : reason_status(reason_of_word(word));
	return 0;
}

static void prepare(struct run *run, enum accel accel, struct confine *ret_confine,
		    struct machine_plan *ret_plan, struct session *ret_session)
{
	const struct options *options = run->options;

	confine_open(ret_confine, options, &run->paths, accel, run->confined);
	*ret_plan = (struct machine_plan){ .qemu = run->paths.qemu,
					   .kernel = run->paths.kernel,
					   .initramfs = run->paths.initramfs,
					   .folder = run->paths.disk_folder,
					   .accel = accel,
					   .memory_mib = options->memory_mib,
					   .hardware = &options->hardware,
					   .disk_name = run->paths.disk_name,
					   .disk_format = options->disk_format,
					   .sandbox = run->sandbox,
					   .saved_fd = -1,
					   .confine = ret_confine };
	*ret_session =
		(struct session){ .progress = run->progress,
				  .user = &run->user,
				  .word = &run->word,
				  .report = run->report,
				  .build_id = run->paths.build_id,
				  .signals_fd = run->signals_fd,
				  .stall_ms = (int64_t)options->stall_seconds * 1000,
				  .run_ms = (int64_t)options->deadline_seconds * 1000,
				  .disk_max_bytes = options->disk_max_bytes,
				  .console = { .copy_fd = run->console_fd },
				  .complaint = { .copy_fd = -1 },
				  .order = { .disk_attached = options->hardware.disk_at_power_on,
					     .kind = options->request.kind,
					     .may_leave_check = options->request.may_leave_check,
					     .recording = options->request.record } };
}

/* Before hello nothing of the disk was seen: a QEMU that cannot start may be
 * given more. Whether there is something to give. */
static bool ease(struct run *run, const struct session *session)
{
	if (run->sandbox && ending_lacks_sandbox(session)) {
		run->sandbox = false;
		return true;
	}
	if (!run->confined || !ending_gave_up(session))
		return false;
	run->confined = false;
	return true;
}

/* What a machine said or did that one in order does not do. */
static bool is_suspect(const struct fault *fault)
{
	return fault->reason == REASON_GUEST_DIED || fault->reason == REASON_GUEST_PROTOCOL ||
	       fault->reason == REASON_STALLED || fault->reason == REASON_INTERNAL;
}

/* What to do about a machine that failed before anything of the disk was seen. A
 * saved machine that does not come up is nobody's fault but its own. */
static enum outcome judge_failure(struct run *run, const struct session *session,
				  const struct warm *warm, const struct fault *fault)
{
	bool in_time = fault->reason == REASON_STALLED || fault->reason == REASON_GUEST_DIED ||
		       fault->reason == REASON_NO_MEMORY;

	/* Unless it is QEMU that does not even start, so confined. */
	if (warm->mode == WARM_RESTORE && is_suspect(fault) && session->greeted)
		warm_discard(warm);
	if (warm->mode == WARM_RESTORE && !session->is_up && fault->reason != REASON_INTERRUPTED)
		return OUTCOME_COLD;
	if (warm->mode == WARM_SAVE && session->is_up && !session->order.disk_attached &&
	    fault->reason != REASON_INTERRUPTED) {
		run->saving = false;
		return run->options->verb == VERB_PREPARE ? OUTCOME_FAULT : OUTCOME_AGAIN;
	}
	if (session->order.phase != PHASE_SILENT || !in_time)
		return OUTCOME_FAULT;
	if (ease(run, session))
		return OUTCOME_AGAIN;
	return fault->reason == REASON_NO_MEMORY ? OUTCOME_FAULT : OUTCOME_NO_HELLO;
}

/* What the machine is for. */
static int converse(struct run *run, struct session *session, const struct machine_plan *plan,
		    struct warm *warm, enum status *ret_status, struct fault *fault)
{
	if (run->options->verb == VERB_PREPARE) {
		*ret_status = STATUS_OK;
		return conversation_prepare(session, plan, warm, run->options, fault);
	}
	/* Nothing runs any more when the verdict is read. */
	if (conversation_run(session, plan, warm, run->options, &run->paths, fault) < 0 ||
	    session_stop(session, fault) < 0)
		return -1;
	return report_verdict(run, session, ret_status, fault);
}

/* --prepare, where no machine is to be saved: there is a good one, or none can be. */
static enum outcome look_at_saved(const struct warm *warm, enum status *ret_status)
{
	if (warm->mode == WARM_OFF)
		return OUTCOME_FAULT;
	*ret_status = STATUS_OK;
	if (warm_file_verify(warm->saved_fd, &warm->header))
		return OUTCOME_VERDICT;
	warm_discard(warm);
	return OUTCOME_COLD;
}

/* Run one machine. Its verdict is reported, and *ret_status set, here. */
static enum outcome run_machine(struct run *run, enum accel accel, int64_t hello_ms,
				bool may_restore, enum status *ret_status, struct fault *fault)
{
	struct confine confine;
	struct machine_plan plan;
	struct session session;
	struct warm warm;
	enum outcome outcome = OUTCOME_VERDICT;

	prepare(run, accel, &confine, &plan, &session);
	warm_open(&warm, &plan, run->paths.build_id,
		  (struct warm_wish){ run->options->warm && run->saving, may_restore }, fault);
	if (warm.mode == WARM_RESTORE) {
		plan.saved_fd = warm.saved_fd;
		hello_ms = hello_ms < RESTORED_HELLO_MS ? hello_ms : RESTORED_HELLO_MS;
	}
	if (run->options->verb == VERB_PREPARE && warm.mode != WARM_SAVE)
		outcome = look_at_saved(&warm, ret_status);
	else if (session_open(&session, &plan, hello_ms, fault) < 0 ||
		 converse(run, &session, &plan, &warm, ret_status, fault) < 0)
		outcome = judge_failure(run, &session, &warm, fault);
	user_end(&run->user);
	run->was_up = session.is_up;
	session_close(&session);
	warm_close(&warm);
	confine_close(&confine);
	return outcome;
}

/* The same, as often as something can be eased. */
static enum outcome run_candidate(struct run *run, enum accel accel, int64_t hello_ms,
				  enum status *ret_status, struct fault *fault)
{
	enum outcome outcome = OUTCOME_AGAIN;

	run->confined = true;
	while (outcome == OUTCOME_AGAIN || outcome == OUTCOME_COLD)
		outcome = run_machine(run, accel, hello_ms, outcome != OUTCOME_COLD, ret_status,
				      fault);
	return outcome;
}

static int no_accelerator(enum accel accel, struct fault *fault)
{
	char why[sizeof(fault->message)];

	snprintf(why, sizeof(why), "%s", fault->message);
	fault_set(fault, REASON_NO_ACCELERATOR, "%s does not work here: %.400s", accel_word(accel),
		  why);
	return fault_hint(fault, "leave the choice to grow-disk (--accel auto)");
}

int run_machines(struct run *run, enum status *ret_status, struct fault *fault)
{
	const struct options *options = run->options;
	struct accel_candidates candidates;
	bool was_too_slow = false;

	accel_candidates(options->accel, run->paths.qemu, &candidates);
	for (size_t i = 0; i < candidates.count; i++) {
		enum accel accel = candidates.list[i];
		bool last = i + 1 == candidates.count;
		int64_t hello_ms =
			last ? (int64_t)options->hello_seconds * 1000 : CANDIDATE_HELLO_MS;
		enum outcome outcome = run_candidate(run, accel, hello_ms, ret_status, fault);

		if (run->was_up && options->accel == ACCEL_AUTO)
			accel_remember(run->paths.qemu, accel, was_too_slow);
		if (outcome == OUTCOME_VERDICT)
			return 0;
		if (outcome == OUTCOME_FAULT)
			return -1;
		was_too_slow = fault->reason == REASON_STALLED;
		if (last && options->accel != ACCEL_AUTO && accel != ACCEL_TCG)
			return no_accelerator(accel, fault);
	}
	return -1;
}
