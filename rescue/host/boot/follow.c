/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "follow.h"

#include "base/io.h"
#include "commands.h"
#include "host/vm/qemu/exit_reason.h"
#include "streams.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CANDIDATE_MS   10000  /* for the first word under an accelerator that has a substitute */
#define POWER_OFF_MS   180000 /* from the power button to the end: systemd gives a unit 90 s */
#define PRESS_AGAIN_MS 5000   /* a system that is not ready for the button misses it */
#define LOOK_MS	       2000   /* between two looks at the screen */
#define LOST_MS	       20000  /* from the end of QEMU's monitor to its own, for want of a picture */
#define NEVER	       INT64_MAX

enum slot {
	SLOT_SIGNALS,
	SLOT_COMPLAINT,
	SLOT_MONITOR,
	SLOT_OUTPUT,
	SLOT_SCREEN,
	SLOT_INPUT,
	SLOT_READER,
	SLOT_SEED,
	SLOTS
};

static void step_complaint(struct following *following)
{
	char data[1024];
	int *fd = &following->machine->fds[BOOT_COMPLAINT];
	ssize_t got = read(*fd, data, sizeof(data));

	if (got > 0)
		tail_feed(&following->complaint, data, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(*fd);
		*fd = -1;
	}
}

/* The call home comes a moment before cloud-init's last line on the console; it may be the only one
 * that is seen. */
static void step_seed(struct following *following, const struct pollfd *slot)
{
	struct seed_server *server = following->spec->seed_server;

	if (!server)
		return;
	seed_server_step(server, slot);
	if (server->phone_home.called)
		milestones_reach(&following->result->milestones, MILESTONE_CLOUD_INIT);
}

static int64_t next_deadline(const struct following *following, bool has_substitute)
{
	const struct boot_spec *spec = following->spec;
	int64_t deadline_ms = NEVER, quiet_ms = following->spoke_ms + spec->quiet_ms;

	if (following->lost_ms > 0)
		return following->lost_ms + LOST_MS;
	if (following->pressed)
		return following->pressed_ms +
		       (spec->timeout_ms > 0 && spec->timeout_ms < POWER_OFF_MS ? spec->timeout_ms
										: POWER_OFF_MS);
	if (spec->timeout_ms > 0)
		deadline_ms = following->begun_ms + spec->timeout_ms;
	if (spec->quiet_ms > 0 && following->result->milestones.reached >= MILESTONE_KERNEL &&
	    quiet_ms < deadline_ms)
		deadline_ms = quiet_ms;
	if (has_substitute && !following->spoke)
		deadline_ms = following->begun_ms + CANDIDATE_MS;
	return deadline_ms;
}

/* When the screen is to be looked at; at once where a boot loader has just been started. */
static int64_t next_look(const struct following *following)
{
	const enum milestone reached = following->result->milestones.reached;

	if (!following->spec->screen || following->blind || following->machine->exited ||
	    !following->asked || reached >= MILESTONE_SCREEN)
		return NEVER;
	return reached >= MILESTONE_LOADER && !following->looked_at_loader
		       ? 0
		       : following->looked_ms + LOOK_MS;
}

static int look(struct following *following, struct fault *fault)
{
	if (clock_ms() < next_look(following))
		return 0;
	following->looked_ms = clock_ms();
	following->looked_at_loader = following->result->milestones.reached >= MILESTONE_LOADER;
	return commands_look(following, fault);
}

static int wait_once(struct following *following, int64_t deadline_ms, struct fault *fault)
{
	const struct line_reader *monitor = &following->monitor.qmp.reader;
	const int64_t look_ms = next_look(following);
	const int64_t wake_ms = look_ms < deadline_ms ? look_ms : deadline_ms;
	int64_t left_ms = wake_ms == NEVER ? -1 : wake_ms - clock_ms();
	struct pollfd slots[SLOTS] = {
		[SLOT_SIGNALS] = { .fd = following->spec->interrupt->signals_fd, .events = POLLIN },
		[SLOT_COMPLAINT] = { .fd = following->machine->fds[BOOT_COMPLAINT],
				     .events = POLLIN },
		[SLOT_MONITOR] = { .fd = monitor->end_of_file ? -1 : monitor->fd,
				   .events = POLLIN },
		[SLOT_OUTPUT] = relay_slot(&following->outputs[SOURCE_CONSOLE]),
		[SLOT_SCREEN] = relay_slot(&following->outputs[SOURCE_SCREEN]),
		[SLOT_INPUT] = relay_slot(&following->input),
		/* Whether there is one, also while the system is silent. */
		[SLOT_READER] = { .fd = following->spec->output_fd },
		[SLOT_SEED] = { .fd = -1 },
	};

	if (following->spec->seed_server)
		slots[SLOT_SEED] = seed_server_slot(following->spec->seed_server);
	if (left_ms < -1)
		left_ms = 0;
	if (following->pressed && left_ms > PRESS_AGAIN_MS)
		left_ms = PRESS_AGAIN_MS;
	if (poll(slots, SLOTS, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms) < 0)
		return 0;
	if (slots[SLOT_COMPLAINT].revents)
		step_complaint(following);
	if (slots[SLOT_MONITOR].revents && commands_step(following, fault) < 0)
		return -1;
	if (slots[SLOT_READER].revents & (POLLERR | POLLHUP))
		return streams_nobody_reads(fault);
	step_seed(following, &slots[SLOT_SEED]);
	streams_step_input(following, &slots[SLOT_INPUT]);
	return streams_step_outputs(following, &slots[SLOT_OUTPUT], fault);
}

/* Has the system come as far as is asked for? With cloud-init the login prompt comes too
 * early. */
static bool is_reached(const struct boot_spec *spec, const struct milestones *milestones)
{
	enum milestone best = milestones->has_cloud_init ? MILESTONE_CLOUD_INIT : MILESTONE_LOGIN;

	if (spec->expect)
		return milestones->reached == MILESTONE_EXPECTED;
	return (spec->until != MILESTONE_NONE && milestones->reached >= spec->until) ||
	       (spec->best &&
		(milestones->reached >= best || milestones->reached == MILESTONE_SCREEN));
}

static enum follow_end explain_exit(struct following *following, bool has_substitute,
				    struct fault *fault)
{
	const struct boot_machine *machine = following->machine;
	const struct exit_facts facts = { .exited = true,
					  .wait_status = machine->wait_status,
					  .complaint = &following->complaint,
					  .console = &following->console,
					  .memory_mib = following->spec->hardware.memory_mib };

	while (machine->fds[BOOT_COMPLAINT] >= 0 &&
	       poll(&(struct pollfd){ .fd = machine->fds[BOOT_COMPLAINT], .events = POLLIN }, 1,
		    0) > 0)
		step_complaint(following);
	if (streams_take_last_words(following, fault) < 0)
		return FOLLOW_FAULT;
	milestones_end(&following->result->milestones);
	if (machine->wait_status == 0) {
		following->result->end = BOOT_OFF;
		if (is_reached(following->spec, &following->result->milestones))
			following->result->end = BOOT_REACHED;
		return FOLLOW_DONE;
	}
	exit_reason_explain(&facts, fault);
	if (!following->spoke && exit_reason_lacks_sandbox(&facts))
		return FOLLOW_NO_SANDBOX;
	return !following->spoke && has_substitute ? FOLLOW_SILENT : FOLLOW_FAULT;
}

/* Why it is over while the machine runs, or false. */
static bool is_enough(const struct following *following, enum boot_end *ret_end)
{
	const struct boot_spec *spec = following->spec;
	const struct milestones *milestones = &following->result->milestones;
	const bool reached = !spec->then_off && is_reached(spec, milestones);

	if (!following->left && !reached && !(spec->fails_on_bad && milestones->bad))
		return false;
	*ret_end = following->left ? BOOT_LEFT : reached ? BOOT_REACHED : BOOT_BAD;
	return true;
}

static enum boot_end which_limit(const struct following *following)
{
	const int64_t timeout_ms = following->spec->timeout_ms;

	if (following->pressed)
		return BOOT_STAYS_ON;
	return timeout_ms > 0 && clock_ms() - following->begun_ms >= timeout_ms ? BOOT_TIMEOUT
										: BOOT_QUIET;
}

/* Do what is due before the end. */
static int step_ending(struct following *following, struct fault *fault)
{
	const struct boot_spec *spec = following->spec;

	if (following->machine->exited || following->quitting)
		return 0;
	if (following->monitor.off && spec->picture_fd >= 0)
		return commands_end_off(following, fault);
	if (commands_qemu_ends(following) || !spec->then_off ||
	    !is_reached(spec, &following->result->milestones) ||
	    (following->pressed && clock_ms() - following->pressed_last_ms < PRESS_AGAIN_MS))
		return 0;
	if (commands_take_picture(following, fault) < 0)
		return -1;
	/* The guest may have powered itself off meanwhile. */
	return commands_qemu_ends(following) ? 0 : commands_press_button(following, fault);
}

/* Return whether it is over, with *ret_end. Not if QEMU ends before it could make the picture: then
 * its end tells why. */
static bool end_running(struct following *following, enum follow_end *ret_end, struct fault *fault)
{
	*ret_end = FOLLOW_FAULT;
	if (streams_take_last_words(following, fault) < 0 ||
	    commands_take_picture(following, fault) < 0)
		return true;
	*ret_end = FOLLOW_DONE;
	if (following->spec->picture_fd < 0 || following->pictured)
		return true;
	if (following->lost_ms == 0)
		following->lost_ms = clock_ms();
	return false;
}

/* Return whether it is over, with *ret_end. */
static bool is_over(struct following *following, int64_t deadline_ms, bool has_substitute,
		    enum follow_end *ret_end, struct fault *fault)
{
	*ret_end = FOLLOW_FAULT;
	if (interrupt_check(following->spec->interrupt, fault) < 0)
		return true;
	/* After its SIGCHLD was read, which does not come again. */
	boot_machine_reap(following->machine);
	if (step_ending(following, fault) < 0)
		return true;
	if (!following->quitting && is_enough(following, &following->result->end) &&
	    end_running(following, ret_end, fault))
		return true;
	if (following->machine->exited) {
		*ret_end = explain_exit(following, has_substitute, fault);
		return true;
	}
	if (clock_ms() < deadline_ms)
		return false;
	if (has_substitute && !following->spoke) {
		*ret_end = FOLLOW_SILENT;
		return true;
	}
	following->result->end = which_limit(following);
	if (!end_running(following, ret_end, fault)) {
		*ret_end = FOLLOW_FAULT;
		fault_set(fault, REASON_INTERNAL, "QEMU's monitor does not answer");
	}
	return true;
}

enum follow_end follow(const struct boot_spec *spec, struct boot_machine *machine,
		       bool has_substitute, struct boot_result *result, struct fault *fault)
{
	struct following following = { .spec = spec,
				       .machine = machine,
				       .result = result,
				       .monitor = { .disk_max_bytes = spec->disk->max_bytes },
				       .complaint = { .copy_fd = -1 },
				       .console = { .copy_fd = -1 },
				       .begun_ms = clock_ms() };
	enum follow_end end = FOLLOW_FAULT;
	int64_t deadline_ms;

	if (monitor_open(&following.monitor, machine->fds[BOOT_QMP], fault) == 0) {
		streams_connect(&following);
		if (spec->seed_server)
			seed_server_connect(spec->seed_server, machine->fds[BOOT_SEED]);
		do {
			deadline_ms = next_deadline(&following, has_substitute);
			if (wait_once(&following, deadline_ms, fault) < 0 ||
			    look(&following, fault) < 0) {
				end = FOLLOW_FAULT;
				break;
			}
		} while (!is_over(&following, deadline_ms, has_substitute, &end, fault));
	}
	if (spec->terminal)
		terminal_leave(spec->terminal);
	monitor_close(&following.monitor);
	return end;
}
