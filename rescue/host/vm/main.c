/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue-vm: run one request of grow-disk in a small virtual machine.
 *
 * The order of things: options, what the host has, then one machine for each
 * accelerator that may work until one says hello; the guest's verdict or the
 * host's own fault becomes the last event and the exit status.
 */
#include "base/cleanup.h"
#include "base/io.h"
#include "run.h"
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
	if (user_open(&run->user, run->options, fault) < 0 || open_console(run, fault) < 0 ||
	    paths_find(run->options, &run->paths, fault) < 0)
		return -1;
	return run_machines(run, ret_status, fault);
}

static enum status run_and_report(const struct options *options)
{
	struct report report;
	struct progress progress;
	struct run run = { .options = options,
			   .report = &report,
			   .progress = &progress,
			   .user = { .terminal = { .fd = -1 } },
			   .word = { .fd = options->await_disk ? STDIN_FILENO : -1 },
			   .saving = true,
			   .signals_fd = -1,
			   .console_fd = -1 };
	struct fault fault = { 0 }, second = { 0 };
	enum status status = STATUS_INTERNAL;
	int result;

#ifdef __linux__
	run.sandbox = true;
#endif
	if (report_open(&report, options->events_path, clock_ms(), &fault) < 0) {
		fprintf(stderr, "rescue-vm: %s\n", fault.message);
		return reason_status(fault.reason);
	}
	progress_open(&progress, options->progress);
	if (!options->await_disk)
		progress_start(&progress);
	result = run_request(&run, &status, &fault);
	user_close(&run.user);
	if (result < 0) {
		progress_close(&progress);
		status = reason_status(fault.reason);
		if (report_fault(&report, &fault, &second) < 0)
			fprintf(stderr, "rescue-vm: %s; %s\n", fault.message, second.message);
	}
	progress_close(&progress);
	if (report_summary(&report, options->summary_path, &second) < 0) {
		fprintf(stderr, "rescue-vm: %s\n", second.message);
		status = status == STATUS_OK ? reason_status(second.reason) : status;
	}
	report_close(&report);
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
	case VERB_PREPARE:
		break;
	}
	return run_and_report(&options);
}
