/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

#include "base/cleanup.h"
#include "host/signals.h"
#include "host/vm/talk/events.h"
#include "options.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static int open_image(const char *path, int mode, const char *what, int *ret_fd,
		      struct fault *fault)
{
	*ret_fd = open(path, mode | O_CLOEXEC);
	if (*ret_fd >= 0)
		return 0;
	return fault_set_errno(fault, REASON_DISK_IO, errno, "%s cannot be %s", what,
			       mode == O_RDWR ? "written" : "read");
}

static int open_disk(const struct machine_options *options, struct vm_disk *disk,
		     struct fault *fault)
{
	int mode = request_only_reads(options->spec.request.kind) ? O_RDONLY : O_RDWR;

	if (options->disk_path &&
	    open_image(options->disk_path, mode, "the disk", &disk->fd, fault) < 0)
		return -1;
	if (!options->backing_path)
		return 0;
	return open_image(options->backing_path, O_RDONLY, "the backing file", &disk->backing.fd,
			  fault);
}

/* Pass the events on as they come. The last one stays, for the verdict: passed is a
 * reference to it, so that it is not passed on twice. */
static int pass_events(const struct events *events, struct vm *vm, json_t **passed,
		       struct fault *fault)
{
	size_t index;
	json_t *event;

	json_array_foreach (vm->events, index, event)
		if (event != *passed && events_write(events, event, fault) < 0)
			return -1;
	while (json_array_size(vm->events) > 1)
		json_array_remove(vm->events, 0);
	json_decref(*passed);
	*passed = json_incref(json_array_get(vm->events, 0));
	return 0;
}

/* A keeper that ended without a word: tell it in its place. */
static int conclude(const struct events *events, const struct vm *vm, struct fault *fault)
{
	if (vm_verdict(vm, fault) == 0)
		return STATUS_OK;
	if (WIFEXITED(vm->wait_status) && WEXITSTATUS(vm->wait_status) != 0)
		return WEXITSTATUS(vm->wait_status);
	return events_send_fault(events, fault, fault) < 0 ? STATUS_INTERNAL
							   : (int)reason_status(fault->reason);
}

static int follow(const struct events *events, struct vm *vm, int signals_fd, json_t **passed,
		  struct fault *fault)
{
	struct pollfd slots[] = { { .fd = vm->fd, .events = POLLIN },
				  { .fd = signals_fd, .events = POLLIN } };

	while (!vm->ended) {
		int number;

		if (poll(slots, 2, -1) < 0 && errno != EINTR)
			return fault_set_errno(fault, REASON_INTERNAL, errno, "poll failed");
		number = slots[1].revents ? signals_next(signals_fd) : 0;
		if (number != 0 && number != SIGCHLD && number != SIGWINCH)
			vm_stop(vm);
		if (slots[0].revents &&
		    (vm_read(vm, fault) < 0 || pass_events(events, vm, passed, fault) < 0))
			return -1;
	}
	return 0;
}

static int run(const struct events *events, struct machine_options *options, struct vm *vm,
	       struct fault *fault)
{
	pid_t parent = getppid();
	json_t *passed = NULL;
	int signals_fd, result;

	if (signals_open(&signals_fd, fault) < 0)
		return -1;
	signals_tie_to_parent(parent, SIGTERM);
	if (open_disk(options, &options->spec.disk, fault) < 0 ||
	    vm_start(&options->spec, vm, fault) < 0)
		return -1;
	result = follow(events, vm, signals_fd, &passed, fault);
	json_decref(passed);
	return result;
}

static int run_and_report(struct machine_options *options, FILE *file)
{
	struct events events = { .file = file, .started_ms = clock_ms() };
	struct fault fault, second;
	struct vm vm = { .fd = -1 };
	int status;

	if (run(&events, options, &vm, &fault) == 0) {
		status = conclude(&events, &vm, &fault);
	} else {
		status = (int)reason_status(fault.reason);
		if (events_send_fault(&events, &fault, &second) < 0)
			fprintf(stderr, "grow-disk-host machine: %s; %s\n", fault.message,
				second.message);
	}
	vm_close(&vm);
	close_fdp(&options->spec.disk.fd);
	close_fdp(&options->spec.disk.backing.fd);
	return status;
}

int verb_machine(int argc, char *argv[])
{
	struct machine_options options;
	struct fault fault;
	cleanup_file FILE *file = NULL;

	if (machine_options_parse(argc, argv, &options, &fault) < 0) {
		fprintf(stderr, "grow-disk-host machine: %s\n", fault.message);
		return STATUS_USAGE;
	}
	if (options.task == TASK_HELP) {
		fputs(machine_help_text, stdout);
		return STATUS_OK;
	}
	if (strcmp(options.events_path, "-") == 0)
		return run_and_report(&options, stdout);
	file = fopen(options.events_path, "we");
	if (file)
		return run_and_report(&options, file);
	fprintf(stderr, "grow-disk-host machine: cannot write the events to %s: %s\n",
		options.events_path, strerror(errno));
	return STATUS_USAGE;
}
