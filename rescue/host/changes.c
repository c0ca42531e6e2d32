/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "changes.h"

int changes_keep(struct keep *keep, const struct console *console, bool yes, struct fault *fault)
{
	bool written = false, agreed = yes;

	if (keep_look(keep, &written, fault) < 0)
		return -1;
	if (!written) {
		console_say(console, "nothing was written to the disk: the image is unchanged");
		return 0;
	}
	if (!yes &&
	    console_confirm("Keep the changes?", keep->programs->interrupt, &agreed, fault) < 0)
		return -1;
	if (!agreed) {
		console_say(console, "changes discarded: the image is unchanged");
		return 0;
	}
	if (keep_publish(keep, fault) < 0)
		return -1;
	console_say(console, "changes kept in the image");
	return 0;
}
