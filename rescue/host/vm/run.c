/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include "conversation.h"
#include "run_setup.h"

#define HELLO_SECONDS	   60
#define NATIVE_MEMORY_MIB  2048	 /* at most, for a check of very many files */
#define CANDIDATE_HELLO_MS 5000	 /* for an accelerator that has a substitute */
#define RESTORED_HELLO_MS  10000 /* for a machine that was saved */

/* The end of one machine. */
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

	if (events_send(run->events, session->verdict, fault) < 0)
		return -1;
	*ret_status = session->end == EVENT_DONE ? STATUS_OK : reason_status(reason_of_word(word));
	return 0;
}

static bool only_prepares(const struct run *run)
{
	return run->spec->disk.fd < 0;
}

/* Give a QEMU that cannot start more rights: before hello it has seen nothing of the
 * disk. Return false if there is nothing more to give. */
static bool ease(struct run *run, const struct session *session)
{
	struct exit_facts facts = session_exit_facts(session);

	if (run->sandbox && exit_reason_lacks_sandbox(&facts)) {
		run->sandbox = false;
		return true;
	}
	if (!run->confined || !exit_reason_gave_up(&facts))
		return false;
	run->confined = false;
	return true;
}

/* Return true for a fault that a machine in good order does not show. */
static bool is_suspect(const struct fault *fault)
{
	return fault->reason == REASON_GUEST_DIED || fault->reason == REASON_GUEST_PROTOCOL ||
	       fault->reason == REASON_STALLED || fault->reason == REASON_INTERNAL;
}

/* Decide what follows a failure. Until the disk was seen another machine may be tried. A
 * saved machine that does not come up says nothing about a fresh one. */
static enum outcome judge_failure(struct run *run, const struct session *session,
				  const struct warm *warm, const struct fault *fault)
{
	bool in_time = fault->reason == REASON_STALLED || fault->reason == REASON_GUEST_DIED ||
		       fault->reason == REASON_NO_MEMORY;

	/* Unless it is QEMU that does not even start, so confined. */
	if (warm->mode == WARM_RESTORE && is_suspect(fault) && session->monitor.greeted)
		warm_discard(warm);
	if (warm->mode == WARM_RESTORE && !session->is_up && fault->reason != REASON_INTERRUPTED)
		return OUTCOME_COLD;
	if (warm->mode == WARM_SAVE && session->is_up && !session->sequence.disk_attached &&
	    fault->reason != REASON_INTERRUPTED) {
		run->saving = false;
		return only_prepares(run) ? OUTCOME_FAULT : OUTCOME_AGAIN;
	}
	if (session->sequence.phase != PHASE_SILENT || !in_time)
		return OUTCOME_FAULT;
	if (!run->disk.inherited && ease(run, session))
		return OUTCOME_AGAIN;
	return fault->reason == REASON_NO_MEMORY ? OUTCOME_FAULT : OUTCOME_NO_HELLO;
}

/* Do the work of the machine. */
static int converse(struct run *run, struct session *session, const struct machine_plan *plan,
		    struct warm *warm, enum status *ret_status, struct fault *fault)
{
	const struct vm_spec *spec = run->spec;
	const struct conversation conversation = { .request = &spec->request,
						   .disk = &run->disk,
						   .tools_path = run->paths.tools,
						   .key_fd = spec->key_fd,
						   .attach = spec->hardware.attach,
						   .disk_at_power_on =
							   spec->hardware.disk_at_power_on,
						   .disk_awaited = spec->disk.awaited,
						   .keep_disk = spec->disk.keep,
						   .accel = plan->accel,
						   .memory_mib = run->memory_mib,
						   .confined = plan->confine->rules_fd >= 0 };

	if (only_prepares(run)) {
		*ret_status = STATUS_OK;
		return conversation_prepare(&conversation, session, warm, fault);
	}
	/* Nothing runs any more when the verdict is read. */
	if (conversation_run(&conversation, session, warm, fault) < 0 ||
	    session_stop(session, fault) < 0)
		return -1;
	return report_verdict(run, session, ret_status, fault);
}

/* Nothing is asked but a saved machine, and none is to be saved now: there is a good one,
 * or none can be. */
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

	run_plan_machine(run, accel, &confine, &plan);
	run_prepare_session(run, accel, &session);
	warm_open(&warm, &plan, run->paths.build_id,
		  (struct warm_wish){ run->spec->warm && run->saving && !plan.native, may_restore },
		  fault);
	if (warm.mode == WARM_RESTORE) {
		plan.saved_fd = warm.saved_fd;
		hello_ms = hello_ms < RESTORED_HELLO_MS ? hello_ms : RESTORED_HELLO_MS;
	}
	if (only_prepares(run) && warm.mode != WARM_SAVE)
		outcome = look_at_saved(&warm, ret_status);
	else if (session_open(&session, &plan, hello_ms, fault) < 0 ||
		 converse(run, &session, &plan, &warm, ret_status, fault) < 0)
		outcome = judge_failure(run, &session, &warm, fault);
	user_streams_end(&run->user);
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
	run->memory_mib = accel == ACCEL_NATIVE ? NATIVE_MEMORY_MIB : run->spec->memory_mib;
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
	return fault_hint(fault, "let grow-disk choose (--accel auto)");
}

/* The caller, who knows the work, and the administrator, who may have forbidden it. */
static bool may_be_native(const struct run *run)
{
	return run->spec->may_be_native && run->paths.native[0] && run->paths.storage[0];
}

int run_machines(struct run *run, enum status *ret_status, struct fault *fault)
{
	enum accel wish = guest_arch_accel(run->spec->hardware.arch, run->spec->accel);
	const bool is_plan = run->spec->request.kind == REQUEST_PLAN;
	struct accel_candidates candidates;
	bool was_too_slow = false;

	accel_candidates(wish, run->paths.qemu, may_be_native(run), &candidates);
	if (is_plan) /* it starts faster than any machine */
		accel_prefer_native(&candidates);
	for (size_t i = 0; i < candidates.count; i++) {
		enum accel accel = candidates.list[i];
		bool last = i + 1 == candidates.count;
		/* An accelerator may hang; a process does not, but for a busy host. */
		int64_t hello_ms =
			last || accel == ACCEL_NATIVE
				? run_limit_ms(run->spec->limits.hello_seconds, HELLO_SECONDS)
				: CANDIDATE_HELLO_MS;
		enum outcome outcome = run_candidate(run, accel, hello_ms, ret_status, fault);

		if (run->was_up && wish == ACCEL_AUTO && !(is_plan && accel == ACCEL_NATIVE))
			/* To be remembered is whether the hardware's own works: if it was tried. */
			accel_remember(run->paths.qemu, accel == ACCEL_NATIVE ? ACCEL_TCG : accel,
				       was_too_slow);
		if (outcome == OUTCOME_VERDICT)
			return 0;
		if (outcome == OUTCOME_FAULT)
			return -1;
		was_too_slow = fault->reason == REASON_STALLED;
		if (last && wish != ACCEL_AUTO && accel != ACCEL_TCG)
			return no_accelerator(accel, fault);
	}
	return -1;
}
