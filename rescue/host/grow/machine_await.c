/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Until the machines of a run have ended. What one of them tells can start or end another one. */
#include "machine_await.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "machine_start.h"

#include <poll.h>

#define MEMORY_FOR_TWO_MIB 600
#define MEMORY_GUESS_MIB   2048 /* where nothing tells it */
#define NO_TIMEOUT	   (-1)
#define MACHINES	   3

/* All machines that there can be. */
static void list_machines(struct grow_machines *machines, struct grow_machine *ret_list[MACHINES])
{
	ret_list[0] = &machines->grower;
	ret_list[1] = &machines->before;
	ret_list[2] = &machines->after;
}

static bool runs(const struct grow_machine *machine)
{
	return machine->started && !machine->vm.ended;
}

static void for_running(struct grow_machines *machines, void (*act)(struct vm *vm))
{
	struct grow_machine *list[MACHINES];

	list_machines(machines, list);
	for (int i = 0; i < MACHINES; i++)
		if (runs(list[i]))
			act(&list[i]->vm);
}

unsigned machines_memory_mib(void)
{
	cleanup_file FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	unsigned long kib;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
			return (unsigned)(kib / 1024);
	return MEMORY_GUESS_MIB;
}

bool machine_failed(const struct grow_machine *machine, struct fault *ret_why)
{
	return machine->started && machine->vm.ended && vm_verdict(&machine->vm, ret_why) < 0;
}

bool machines_leave_check(const struct grow *grow)
{
	const json_t *plan = vm_event(&grow->machines.grower.vm, "plan");

	return json_is_true(json_object_get(plan, "check_left"));
}

/* A signal ends the machines; what does not end in time is killed. The time until then, or
 * NO_TIMEOUT. */
static int heed_signals(struct grow *grow)
{
	bool first = grow->interrupt.signal_number == 0;
	int64_t left_ms;

	if (!interrupt_came(&grow->interrupt))
		return NO_TIMEOUT;
	if (first)
		for_running(&grow->machines, vm_stop);
	left_ms = grow->interrupt.at_ms + INTERRUPT_GRACE_MS - clock_ms();
	if (left_ms > 0)
		return (int)left_ms;
	for_running(&grow->machines, vm_kill);
	return 100;
}

/* Wait for what comes first, and take it. */
static int take_events(struct grow *grow, struct fault *fault)
{
	struct pollfd slots[1 + MACHINES] = { { .fd = grow->interrupt.signals_fd,
						.events = POLLIN } };
	struct grow_machine *list[MACHINES];
	int timeout_ms = heed_signals(grow);

	list_machines(&grow->machines, list);
	for (int i = 0; i < MACHINES; i++)
		slots[1 + i] = (struct pollfd){ .fd = runs(list[i]) ? list[i]->vm.fd : -1,
						.events = POLLIN };
	if (poll(slots, 1 + MACHINES, timeout_ms) < 0)
		return 0;
	for (int i = 0; i < MACHINES; i++)
		if (slots[1 + i].revents && vm_read(&list[i]->vm, fault) < 0)
			return -1;
	return 0;
}

/* A sealed process that finds work for a kernel has written nothing. What it would have checked is
 * checked by others like it. Where memory is short, the machine waits for the check before. */
static bool wants_machine(struct grow *grow)
{
	struct grow_machines *machines = &grow->machines;
	struct fault verdict, ignored;

	if (!machines->may_be_native || !machine_failed(&machines->grower, &verdict) ||
	    verdict.reason != REASON_NEEDS_MACHINE || machine_failed(&machines->before, &ignored) ||
	    (runs(&machines->before) && machines_memory_mib() < MEMORY_FOR_TWO_MIB))
		return false;
	console_detail(&grow->console, "%s", verdict.message);
	machines->may_be_native = false;
	machines->leave_checks = machines_leave_check(grow) ? LEAVE_BOTH : LEAVE_NO;
	return true;
}

/* What follows from what the machines have told. A check that found anything ends the grower. */
static int go_on(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;
	struct fault ignored;

	if (machine_failed(&machines->before, &ignored) && runs(&machines->grower))
		vm_stop(&machines->grower.vm);
	if (grow->interrupt.signal_number != 0)
		return 0;
	if (!machines->before.started && machines_leave_check(grow) &&
	    (!runs(&machines->grower) || machines_memory_mib() >= MEMORY_FOR_TWO_MIB) &&
	    machine_start_before(grow, fault) < 0)
		return -1;
	return wants_machine(grow) ? machines_grow_again(grow, fault) : 0;
}

int machines_grow_again(struct grow *grow, struct fault *fault)
{
	if (grow->machines.grower.started)
		vm_close(&grow->machines.grower.vm);
	grow->machines.grower = (struct grow_machine){ .started = false };
	return log_create(&grow->log, &grow->image, grow->size_after_bytes, &grow->programs,
			  fault) < 0
		       ? -1
		       : machine_start_grower(grow, false, fault);
}

int machines_await(struct grow *grow, struct fault *fault)
{
	struct grow_machines *machines = &grow->machines;

	while (runs(&machines->grower) || runs(&machines->before) || runs(&machines->after))
		if (take_events(grow, fault) < 0 || go_on(grow, fault) < 0)
			return -1;
	return interrupt_check(&grow->interrupt, fault);
}

/* An event that had come, and was not taken, belongs to the result as well. */
void machines_note_events(struct grow *grow)
{
	grow->result.events = grow->machines.grower.vm.events;
	grow->result.check_events[0] = grow->machines.before.vm.events;
	grow->result.check_events[1] = grow->machines.after.vm.events;
}

void grow_stop_machines(struct grow *grow)
{
	machines_note_events(grow);
	for_running(&grow->machines, vm_stop);
}

void grow_forget_machines(struct grow *grow)
{
	struct grow_machine *list[MACHINES];

	list_machines(&grow->machines, list);
	for (int i = 0; i < MACHINES; i++) {
		if (list[i]->started)
			vm_close(&list[i]->vm);
		*list[i] = (struct grow_machine){ .started = false };
	}
	machines_note_events(grow);
}
