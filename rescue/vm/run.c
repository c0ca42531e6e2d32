#include "run.h"

#include "conversation.h"
#include "ending.h"

#define CANDIDATE_HELLO_MS 5000 /* for an accelerator that has a substitute */

/* What one machine came to. */
enum outcome { OUTCOME_VERDICT, OUTCOME_FAULT, OUTCOME_NO_HELLO, OUTCOME_AGAIN };

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

static void prepare(const struct run *run, enum accel accel, struct confine *ret_confine,
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
					   .sandbox = run->sandbox,
					   .confine = ret_confine };
	*ret_session = (struct session){ .progress = run->progress,
					 .report = run->report,
					 .build_id = run->paths.build_id,
					 .signals_fd = run->signals_fd,
					 .stall_ms = (int64_t)options->stall_seconds * 1000,
					 .run_ms = (int64_t)options->deadline_seconds * 1000,
					 .disk_max_bytes = options->disk_max_bytes,
					 .console = { .copy_fd = run->console_fd },
					 .complaint = { .copy_fd = -1 },
					 .order = { .plan_only = options->request.plan_only } };
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

/* Run one machine. Its verdict is reported, and *ret_status set, here. */
static enum outcome run_machine(struct run *run, enum accel accel, int64_t hello_ms,
				enum status *ret_status, struct fault *fault)
{
	struct confine confine;
	struct machine_plan plan;
	struct session session;
	enum outcome outcome = OUTCOME_FAULT;

	prepare(run, accel, &confine, &plan, &session);
	if (session_open(&session, &plan, hello_ms, fault) == 0 &&
	    conversation_run(&session, &plan, run->options, &run->paths, fault) == 0) {
		/* Nothing runs any more when the verdict is read. */
		if (session_stop(&session, fault) == 0 &&
		    report_verdict(run, &session, ret_status, fault) == 0)
			outcome = OUTCOME_VERDICT;
	} else if (session.order.phase == PHASE_SILENT &&
		   (fault->reason == REASON_STALLED || fault->reason == REASON_GUEST_DIED ||
		    fault->reason == REASON_NO_MEMORY)) {
		if (ease(run, &session))
			outcome = OUTCOME_AGAIN;
		else if (fault->reason != REASON_NO_MEMORY)
			outcome = OUTCOME_NO_HELLO;
	}
	run->said_hello = session.said_hello;
	session_close(&session);
	confine_close(&confine);
	return outcome;
}

/* The same, as often as something can be eased. */
static enum outcome run_candidate(struct run *run, enum accel accel, int64_t hello_ms,
				  enum status *ret_status, struct fault *fault)
{
	enum outcome outcome;

	run->confined = true;
	do
		outcome = run_machine(run, accel, hello_ms, ret_status, fault);
	while (outcome == OUTCOME_AGAIN);
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

		if (run->said_hello && options->accel == ACCEL_AUTO)
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
