/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage with the machines: the log becomes an overlay, they get it, and what they find
 * decides how it goes on. */
#include "machine_start.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <poll.h>
#include <string.h>

#define MEMORY_LARGEST_MIB 2048
#define MEMORY_FOR_TWO_MIB 600
#define NO_TIMEOUT	   (-1)

/* What the host could give, in MiB; a guess where nothing tells it. */
static unsigned available_mib(void)
{
	cleanup_file FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	unsigned long kib;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
			return (unsigned)(kib / 1024);
	return MEMORY_LARGEST_MIB;
}

static bool leaves_check(const struct grow *grow)
{
	const json_t *plan = vm_event(&grow->machines.grower, "plan");

	return json_is_true(json_object_get(plan, "check_left"));
}

static bool checker_failed(struct grow_machines *machines)
{
	struct fault ignored;

	return machines->checker_started && machines->checker.ended &&
	       vm_verdict(&machines->checker, &ignored) < 0;
}

/* A signal ends the machines; what does not end in time is killed. The time until then, or
 * NO_TIMEOUT. */
static int heed_signals(struct grow *grow)
{
	struct grow_machines *machines = &grow->machines;
	bool first = grow->interrupt.signal_number == 0;
	int64_t left_ms;

	if (!interrupt_came(&grow->interrupt))
		return NO_TIMEOUT;
	if (first) {
		vm_stop(&machines->grower);
		if (machines->checker_started)
			vm_stop(&machines->checker);
	}
	left_ms = grow->interrupt.at_ms + INTERRUPT_GRACE_MS - clock_ms();
	if (left_ms > 0)
		return (int)left_ms;
	vm_kill(&machines->grower);
	if (machines->checker_started)
		vm_kill(&machines->checker);
	return 100;
}

/* Until both have ended. A check that found anything ends the grower: one machine does all
 * again, one step after the other. */
static int await_machines(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;

	while (!machines->grower.ended || (machines->checker_started && !machines->checker.ended)) {
		int timeout_ms = heed_signals(grow);
		bool two = machines->checker_started && !machines->checker.ended;
		struct pollfd slots[] = {
			{ .fd = grow->interrupt.signals_fd, .events = POLLIN },
			{ .fd = machines->grower.ended ? -1 : machines->grower.fd,
			  .events = POLLIN },
			{ .fd = two ? machines->checker.fd : -1, .events = POLLIN },
		};

		if (poll(slots, 3, timeout_ms) < 0)
			continue;
		if ((slots[1].revents && vm_read(&machines->grower, fault) < 0) ||
		    (slots[2].revents && vm_read(&machines->checker, fault) < 0))
			return -1;
		if (checker_failed(machines) && !machines->grower.ended)
			vm_stop(&machines->grower);
		if (!machines->checker_started && grow->interrupt.signal_number == 0 &&
		    leaves_check(grow) &&
		    (machines->grower.ended || available_mib() >= MEMORY_FOR_TWO_MIB) &&
		    machine_start_checker(grow, fault) < 0)
			return -1;
	}
	return interrupt_check(&grow->interrupt, fault);
}

/* Start over with one machine and a log that is empty again. */
static int run_again(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;

	grow_forget_machines(grow);
	machines->may_leave_check = false;
	if (log_create(&grow->log, &grow->image, grow->size_after_bytes, &grow->programs, fault) <
		    0 ||
	    machine_start_grower(grow, false, fault) < 0)
		return -1;
	return await_machines(grow, fault);
}

/* A check that needs more memory than usual gets it, if the host has it. */
static bool wants_memory(struct grow *grow, const struct fault *verdict)
{
	struct grow_machines *machines = &grow->machines;
	unsigned larger_mib = available_mib() / 2;

	if (verdict->reason != REASON_FS_NEEDS_MEMORY)
		return false;
	if (larger_mib > MEMORY_LARGEST_MIB)
		larger_mib = MEMORY_LARGEST_MIB;
	if (larger_mib <= machines->memory_mib)
		return false;
	console_say(&grow->console, "%u MiB of memory is too little: trying again with %u MiB",
		    machines->memory_mib, larger_mib);
	machines->memory_mib = larger_mib;
	machines->may_be_native = false;
	machines->warm = false; /* a saved machine of that size would be large */
	return true;
}

/* A sealed process that finds work for a kernel has written nothing. */
static bool wants_machine(struct grow *grow, const struct fault *verdict)
{
	struct grow_machines *machines = &grow->machines;

	if (verdict->reason != REASON_NEEDS_MACHINE || !machines->may_be_native)
		return false;
	console_detail(&grow->console, "%s", verdict->message);
	machines->may_be_native = false;
	return true;
}

/* With --verbose: what stands in for a machine, and why. */
static void tell_native(const struct grow *grow)
{
	const json_t *machine = vm_event(&grow->machines.grower, "machine");
	const char *accel = json_string_value(json_object_get(machine, "accel"));

	if (accel && strcmp(accel, "native") == 0)
		console_detail(
			&grow->console,
			"a sealed process of this host did the work, not a virtual machine%s",
			grow->options->accel == ACCEL_AUTO
				? ": KVM does not work here (--accel=tcg: never)"
				: "");
}

int grow_work(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	int result;

	if (log_create(&grow->log, &grow->image, grow->size_after_bytes, &grow->programs, fault) <
	    0)
		return -1;
	grow_note_sectors(grow);
	if (vm_disk_ready(&machines->grower, grow->disks.sector_bytes, fault) < 0)
		return -1;
	grow->log_may_stay = true;
	if (grow_note_image(grow, fault) < 0 || await_machines(grow, fault) < 0)
		return -1;
	if (checker_failed(machines) && run_again(grow, fault) < 0)
		return -1;
	tell_native(grow);
	result = vm_verdict(&machines->grower, fault);
	if (result < 0 && wants_machine(grow, fault))
		result = run_again(grow, fault) < 0 ? -1 : vm_verdict(&machines->grower, fault);
	if (result < 0 && wants_memory(grow, fault))
		result = run_again(grow, fault) < 0 ? -1 : vm_verdict(&machines->grower, fault);
	grow->result.events = machines->grower.events;
	grow->result.check_events = machines->checker.events;
	if (result < 0 || grow_check_chosen(grow, fault) < 0)
		return -1;
	grow->log_may_stay = false;
	if (grow->options->verb != GROW_VERB_PLAN)
		return 0;
	grow->result.changed =
		json_is_true(json_object_get(vm_event(&machines->grower, "plan"), "changed"));
	/* The guest knows better why a disk cannot be grown at all. */
	return grow_check_room(grow, fault);
}

void grow_stop_machines(struct grow *grow)
{
	struct grow_machines *machines = &grow->machines;

	/* An event that had come, and was not taken, belongs to the result as well. */
	grow->result.events = machines->grower.events;
	grow->result.check_events = machines->checker.events;
	if (machines->grower_started && !machines->grower.ended)
		vm_stop(&machines->grower);
	if (machines->checker_started && !machines->checker.ended)
		vm_stop(&machines->checker);
}

void grow_forget_machines(struct grow *grow)
{
	struct grow_machines *machines = &grow->machines;

	if (machines->grower_started)
		vm_close(&machines->grower);
	if (machines->checker_started)
		vm_close(&machines->checker);
	machines->grower_started = machines->checker_started = false;
	grow->result.events = grow->result.check_events = NULL;
}
