/* rescue-vm: run one request of grow-disk in a small virtual machine.
 *
 * The order of things: options, what the host has, then one machine for each
 * accelerator that may work until one says hello; the guest's verdict or the
 * host's own fault becomes the last event and the exit status.
 */
#include "base/cleanup.h"
#include "base/io.h"
#include "conversation.h"
#include "signals.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#ifndef GROW_DISK_VERSION
#define GROW_DISK_VERSION "development"
#endif

#define CANDIDATE_HELLO_MS 5000 /* for an accelerator that has a substitute */

struct run {
	const struct options *options;
	struct paths paths;
	struct report *report;
	struct progress *progress;
	int signals_fd;
	int console_fd;
	bool sandbox;	 /* until QEMU says that it has none */
	bool said_hello; /* the last machine */
};

/* What one machine came to. */
enum outcome { OUTCOME_VERDICT, OUTCOME_FAULT, OUTCOME_NO_HELLO };

/* End when the parent does, also when it is killed. */
static void tie_to_parent(void)
{
#ifdef __linux__
	pid_t parent = getppid();

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		raise(SIGTERM); /* it died before the line above */
#endif
}

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

static void prepare(const struct run *run, enum accel accel, struct machine_plan *ret_plan,
		    struct session *ret_session)
{
	const struct options *options = run->options;

	*ret_plan = (struct machine_plan){ .qemu = run->paths.qemu,
					   .kernel = run->paths.kernel,
					   .initramfs = run->paths.initramfs,
					   .folder = run->paths.disk_folder,
					   .accel = accel,
					   .memory_mib = options->memory_mib,
					   .sandbox = run->sandbox };
	*ret_session = (struct session){ .progress = run->progress,
					 .report = run->report,
					 .build_id = run->paths.build_id,
					 .signals_fd = run->signals_fd,
					 .stall_ms = (int64_t)options->stall_seconds * 1000,
					 .console = { .copy_fd = run->console_fd },
					 .complaint = { .copy_fd = -1 },
					 .order = { .plan_only = options->request.plan_only } };
}

/* Run one machine. Its verdict is reported, and *ret_status set, here. */
static enum outcome run_machine(struct run *run, enum accel accel, int64_t hello_ms,
				enum status *ret_status, struct fault *fault)
{
	struct machine_plan plan;
	struct session session;
	enum outcome outcome = OUTCOME_FAULT;

	prepare(run, accel, &plan, &session);
	if (session_open(&session, &plan, hello_ms, fault) == 0 &&
	    conversation_run(&session, &plan, run->options, &run->paths, fault) == 0) {
		session_stop(&session); /* nothing runs any more when the verdict is read */
		if (report_verdict(run, &session, ret_status, fault) == 0)
			outcome = OUTCOME_VERDICT;
	} else if (session.order.phase == PHASE_SILENT &&
		   (fault->reason == REASON_STALLED || fault->reason == REASON_GUEST_DIED)) {
		outcome = OUTCOME_NO_HELLO;
		run->sandbox = run->sandbox && !session_lacks_sandbox(&session);
	}
	run->said_hello = session.said_hello;
	session_close(&session);
	return outcome;
}

/* The same, once more without the sandbox if this QEMU has none. */
static enum outcome run_candidate(struct run *run, enum accel accel, int64_t hello_ms,
				  enum status *ret_status, struct fault *fault)
{
	bool had_sandbox = run->sandbox;
	enum outcome outcome = run_machine(run, accel, hello_ms, ret_status, fault);

	if (outcome == OUTCOME_NO_HELLO && had_sandbox && !run->sandbox)
		outcome = run_machine(run, accel, hello_ms, ret_status, fault);
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

/* Take the accelerators in turn. 0: a verdict is reported. */
static int run_candidates(struct run *run, enum status *ret_status, struct fault *fault)
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

static int open_console(struct run *run, struct fault *fault)
{
	const char *path = run->options->console_path;

	if (!path)
		return 0;
	run->console_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (run->console_fd < 0)
		return fault_set_errno(fault, REASON_USAGE, errno,
				       "cannot write the console's text to %s", path);
	return 0;
}

static int run_request(struct run *run, enum status *ret_status, struct fault *fault)
{
	if (signals_open(&run->signals_fd, fault) < 0)
		return -1;
	tie_to_parent();
	if (open_console(run, fault) < 0 || paths_find(run->options, &run->paths, fault) < 0)
		return -1;
	return run_candidates(run, ret_status, fault);
}

static enum status run_and_report(const struct options *options)
{
	struct report report;
	struct progress progress;
	struct run run = { .options = options,
			   .report = &report,
			   .progress = &progress,
			   .signals_fd = -1,
			   .console_fd = -1 };
	struct fault fault = { 0 }, second = { 0 };
	enum status status = STATUS_INTERNAL;

#ifdef __linux__
	run.sandbox = true;
#endif
	if (report_open(&report, options->events_path, clock_ms(), &fault) < 0) {
		fprintf(stderr, "rescue-vm: %s\n", fault.message);
		return reason_status(fault.reason);
	}
	progress_open(&progress, options->progress);
	progress_start(&progress);
	if (run_request(&run, &status, &fault) < 0) {
		progress_close(&progress);
		status = reason_status(fault.reason);
		if (report_fault(&report, &fault, &second) < 0)
			fprintf(stderr, "rescue-vm: %s; %s\n", fault.message, second.message);
	}
	progress_close(&progress);
	close_fdp(&run.console_fd);
	return status;
}

/* A channel must not become one of the standard three: QEMU gets its own. */
static void fill_standard_fds(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char *argv[])
{
	struct options options;
	struct fault fault;

	fill_standard_fds();
	if (options_parse(argc, argv, &options, &fault) < 0) {
		fprintf(stderr, "rescue-vm: %s\n", fault.message);
		return STATUS_USAGE;
	}
	switch (options.verb) {
	case VERB_HELP:
		fputs(options_help_text, stdout);
		return STATUS_OK;
	case VERB_VERSION:
		puts("rescue-vm " GROW_DISK_VERSION);
		return STATUS_OK;
	case VERB_RUN:
		break;
	}
	return run_and_report(&options);
}
