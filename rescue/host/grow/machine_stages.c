/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage with the machines: the log becomes an overlay, they get it, and what they find
 * decides how it goes on. */
#include "machine_await.h"
#include "machine_start.h"

#include <string.h>

#define MEMORY_LARGEST_MIB 2048

/* Start over with one machine that does everything, and a log that is empty again. */
static int run_alone(struct grow *grow, struct fault *fault)
{
	grow_forget_machines(grow);
	grow->machines.leave_checks = LEAVE_NO;
	return machines_grow_again(grow, fault) < 0 ? -1 : machines_await(grow, fault);
}

static bool is_native(const struct grow_machine *machine)
{
	const json_t *event = vm_event(&machine->vm, "machine");
	const char *accel = json_string_value(json_object_get(event, "accel"));

	return accel && strcmp(accel, "native") == 0;
}

/* A check that needs more memory than usual gets it, if the host has it. */
static bool wants_memory(struct grow *grow, const struct fault *verdict)
{
	struct grow_machines *machines = &grow->machines;
	unsigned larger_mib = machines_memory_mib() / 2;

	if (verdict->reason != REASON_FS_NEEDS_MEMORY)
		return false;
	if (larger_mib > MEMORY_LARGEST_MIB)
		larger_mib = MEMORY_LARGEST_MIB;
	if (larger_mib <= machines->memory_mib)
		return false;
	if (is_native(&machines->grower))
		console_say(&grow->console,
			    "the sealed process may not have so much memory: trying again with a "
			    "virtual machine of %u MiB",
			    larger_mib);
	else
		console_say(&grow->console,
			    "%u MiB of memory is too little: trying again with %u MiB",
			    machines->memory_mib, larger_mib);
	machines->memory_mib = larger_mib;
	machines->may_be_native = false;
	machines->warm = false; /* a saved machine of that size would be large */
	return true;
}

/* With --verbose: what stands in for a machine, and why. */
static void tell_native(const struct grow *grow)
{
	const char *why = grow->options->accel != ACCEL_AUTO ? ""
			  : grow->options->verb == GROW_VERB_PLAN
				  ? ": that is enough for a plan (--accel=tcg: never)"
				  : ": KVM does not work here (--accel=tcg: never)";

	if (is_native(&grow->machines.grower))
		console_detail(
			&grow->console,
			"a sealed process of this host did the work, not a virtual machine%s", why);
	else if (is_native(&grow->machines.before))
		console_detail(&grow->console,
			       "sealed processes of this host checked, a virtual machine grew%s",
			       why);
}

/* Has the grower left the check after as well? */
static bool leaves_after(const struct grow *grow)
{
	return machines_leave_check(grow) && grow->machines.leave_checks == LEAVE_BOTH;
}

/* A check that has not ended well, or was of another partition than the one that was grown, which
 * no honest machine brings about, is no verdict. NULL: there is none, or its words, why. */
static const char *find_bad_check(const struct grow *grow, struct fault *words)
{
	const struct grow_machines *machines = &grow->machines;
	const json_t *plan = vm_event(&machines->grower.vm, "plan");

	if (machine_failed(&machines->before, words) || machine_failed(&machines->after, words))
		return words->message;
	if (machines->before.started && plan &&
	    json_integer_value(json_object_get(plan, "partition")) != machines->checked_partition)
		return "another partition was checked than was grown";
	return NULL;
}

/* One machine does all again, one step after the other, and its words count. */
static int heed_bad_check(struct grow *grow, struct fault *fault)
{
	struct fault words;
	const char *why = find_bad_check(grow, &words);

	if (!why)
		return 0;
	console_detail(&grow->console, "one machine does all of it again: %s", why);
	return run_alone(grow, fault);
}

/* All that the machines do, until there is a verdict: 0, or -1 with its fault. */
static int get_verdict(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;

	if (machines_await(grow, fault) < 0)
		return -1;
	if (heed_bad_check(grow, fault) < 0)
		return -1;
	if (vm_verdict(&machines->grower.vm, fault) < 0)
		return -1;
	if (leaves_after(grow) &&
	    (machine_start_after(grow, fault) < 0 || machines_await(grow, fault) < 0))
		return -1;
	if (heed_bad_check(grow, fault) < 0)
		return -1;
	return vm_verdict(&machines->grower.vm, fault);
}

int grow_work(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	int result;

	if (log_create(&grow->log, &grow->image, grow->size_after_bytes, &grow->programs, fault) <
	    0)
		return -1;
	grow_note_sectors(grow);
	if (vm_disk_ready(&machines->grower.vm, grow->disks.sector_bytes, fault) < 0)
		return -1;
	grow->log_may_stay = true;
	if (grow_note_image(grow, fault) < 0)
		return -1;
	result = get_verdict(grow, fault);
	tell_native(grow);
	if (result < 0 && wants_memory(grow, fault))
		result = run_alone(grow, fault) < 0 ? -1 : vm_verdict(&machines->grower.vm, fault);
	machines_note_events(grow);
	if (result < 0 || grow_check_chosen(grow, fault) < 0)
		return -1;
	grow->log_may_stay = false;
	if (grow->options->verb != GROW_VERB_PLAN)
		return 0;
	grow->result.changed =
		json_is_true(json_object_get(vm_event(&machines->grower.vm, "plan"), "changed"));
	/* The guest knows better why a disk cannot be grown at all. */
	return grow_check_room(grow, fault);
}
