/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of the log: thrown away, asked about, or kept. */
#include "rescue.h"

#include "host/changes.h"

int rescue_keep(struct rescue *rescue, struct fault *fault)
{
	const struct rescue_options *options = rescue->options;
	bool command = options->command[0] != '\0';
	int result = 0;

	if (options->write && command && rescue->exit_status != 0)
		console_say(&rescue->console,
			    "the command failed (status %d): its changes are discarded",
			    rescue->exit_status);
	else if (options->write)
		result = changes_keep(&rescue->keep, &rescue->console, options->yes, fault);
	if (!command)
		rescue->exit_status = 0;
	return result;
}
