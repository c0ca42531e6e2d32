/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After the end of the machine: did it come as far as was asked for, and what becomes of the log?
 */
#include "try.h"

#include "base/text.h"
#include "host/changes.h"

#include <string.h>

static int not_expected(const struct try *try, const char *why, struct fault *fault)
{
	const struct try_options *options = try->options;
	const char *reached = milestone_name(try->result.milestones.reached);
	char safe[200];

	if (!try->expects)
		return fault_set(fault, REASON_BOOT_NOT_PROVEN,
				 "The system did not come to %s: %s; it came as far as %s",
				 milestone_name(options->wait_for), why, reached);
	text_make_safe(safe, sizeof(safe), options->expect, strlen(options->expect));
	return fault_set(fault, REASON_BOOT_NOT_PROVEN,
			 "The console did not show '%s': %s; it came as far as %s", safe, why,
			 reached);
}

static void say_host_keys(const struct try *try)
{
	const struct host_keys *keys = &try->result.milestones.host_keys;

	for (size_t i = 0; i < keys->count; i++)
		console_say(&try->console, "host key for ssh: %s", keys->list[i]);
}

/* A system that never asks for the seed that is offered has no network, or a cloud-init that does
 * not look for it there. */
static int hint_seed(const struct try *try, struct fault *fault)
{
	if (!try->serves_seed || try->seed_server.requests > 0)
		return -1;
	return fault_hint(fault, "It has not asked for its seed: try --seed=iso");
}

static int judge_end(const struct try *try, struct fault *fault)
{
	const struct try_options *options = try->options;

	switch (try->result.end) {
	case BOOT_TIMEOUT:
		fault_set(fault, REASON_STALLED,
			  "The time of %u s is over; the system came as far as %s",
			  options->timeout_seconds, milestone_name(try->result.milestones.reached));
		return fault_hint(fault, "Give it more time: --timeout SECONDS");
	case BOOT_STAYS_ON:
		fault_set(fault, REASON_STALLED,
			  "The system does not power off when its power button is pressed; its "
			  "changes are discarded");
		return fault_hint(fault,
				  "Boot it with --write alone, and shut it down from inside");
	case BOOT_BAD:
		return not_expected(try, try->result.milestones.bad, fault);
	case BOOT_OFF:
		return try->expects || options->wait_for
			       ? not_expected(try, "the system has ended", fault)
			       : 0;
	default:
		return 0;
	}
}

int try_judge(struct try *try, struct fault *fault)
{
	const struct phone_home *call = &try->seed_server.phone_home;

	say_host_keys(try);
	if (call->called)
		console_say(&try->console, "cloud-init has called home from %s",
			    call->hostname[0] ? call->hostname : "a system without a name");
	return judge_end(try, fault) < 0 ? hint_seed(try, fault) : 0;
}

int try_keep(struct try *try, struct fault *fault)
{
	if (!try->options->write)
		return 0;
	if (try->result.end != BOOT_LEFT)
		return changes_keep(&try->keep, &try->console, try->options->yes, fault);
	console_say(&try->console, "you left it running: its changes are discarded");
	return 0;
}
