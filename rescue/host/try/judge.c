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

int try_judge(struct try *try, struct fault *fault)
{
	const struct try_options *options = try->options;

	say_host_keys(try);
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

int try_keep(struct try *try, struct fault *fault)
{
	if (!try->options->write)
		return 0;
	if (try->result.end != BOOT_LEFT)
		return changes_keep(&try->keep, &try->console, try->options->yes, fault);
	console_say(&try->console, "you left it running: its changes are discarded");
	return 0;
}
