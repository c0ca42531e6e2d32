/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grow-disk-host: the host's part of grow-disk, a program of verbs. */
#include "host/grow/grow.h"
#include "host/machine/machine.h"
#include "host/overlay/overlay.h"
#include "host/rescue/rescue.h"
#include "host/try/try.h"

#include "base/reason.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	int (*run)(int argc, char *argv[]); /* argv[0] is the verb; returns the exit status */
} verbs[] = {
	{ "grow", verb_grow },	   { "machine", verb_machine }, { "overlay", verb_overlay },
	{ "rescue", verb_rescue }, { "try", verb_try },
};

/* Keep the standard three descriptors taken: no file of ours must become one of them. */
static void fill_standard_fds(void)
{
	int fd = open("/dev/null", O_RDWR);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDWR);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char *argv[])
{
	fill_standard_fds();
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	fputs("usage: grow-disk-host VERB [ARGUMENT]...\n", stderr);
	return STATUS_USAGE;
}
