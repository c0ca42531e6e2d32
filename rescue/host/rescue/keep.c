/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of the log: thrown away, asked about, or kept. */
#include "rescue.h"

static int look_and_publish(struct rescue *rescue, struct fault *fault)
{
	bool written = false;

	if (keep_look(&rescue->keep, &written, fault) < 0)
		return -1;
	if (!written) {
		console_say(&rescue->console,
			    "nothing was written to the disk: the image is unchanged");
		return 0;
	}
	if (!rescue->options->yes && !console_confirm("Keep the changes?")) {
		console_say(&rescue->console, "changes discarded: the image is unchanged");
		return 0;
	}
	if (keep_publish(&rescue->keep, fault) < 0)
		return -1;
	console_say(&rescue->console, "changes kept in the image");
	return 0;
}

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
		result = look_and_publish(rescue, fault);
	if (!command)
		rescue->exit_status = 0;
	return result;
}
