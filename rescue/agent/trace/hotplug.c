/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hotplug.h"

#include "agent/trace/recorder/helpers.h"
#include "base/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MDEV	    "/sbin/mdev"
#define EXEC_FAILED 127

/* Where nobody records, nobody hears it. Waits while the recorder is behind. */
static void tell(int fd, const char *what)
{
	static const char *const names[] = { "SEQNUM", "ACTION", "DEVPATH", "SUBSYSTEM" };
	const struct sockaddr_un address = helpers_address();
	char message[HELPERS_MESSAGE_BYTES];
	int used = snprintf(message, sizeof(message), "%s=%lld", what, (long long)clock_us()) + 1;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		int room = (int)sizeof(message) - used;
		int length = snprintf(message + used, (size_t)room, "%s=%s", names[i],
				      value ? value : "");

		if (length >= room)
			return; /* no event of the kernel is that long */
		used += length + 1;
	}
	(void)sendto(fd, message, (size_t)used, 0, (const struct sockaddr *)&address,
		     sizeof(address));
}

/* Is this the mdev that is to be held up? Then whoever asks first gets it. */
static long held_up_us(void)
{
	const char *action = getenv("ACTION"), *devpath = getenv("DEVPATH");
	const char *name = devpath ? strrchr(devpath, '/') : NULL;
	char wanted[HELPERS_EVENT_BYTES + 1], path[sizeof(HELPERS_HOLD_UP_DIR) + sizeof(wanted)];
	FILE *file;
	long ms = 0;

	if (!action || !name)
		return 0;
	snprintf(wanted, sizeof(wanted), "%s:%s", action, name + 1);
	snprintf(path, sizeof(path), HELPERS_HOLD_UP_DIR "/%s", wanted);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%ld", &ms) != 1 || unlink(path) < 0)
		ms = 0;
	fclose(file);
	return ms * 1000;
}

int hotplug_main(char *const argv[], char *const environment[])
{
	char *const mdev_argv[] = { (char *)MDEV, argv[1], NULL }; /* the kernel's: subsystem */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long held_us = held_up_us();

	tell(fd, HELPERS_START);
	if (held_us > 0) {
		tell(fd, HELPERS_HELD_UP);
		usleep((useconds_t)held_us);
		tell(fd, HELPERS_LET_GO);
	}
	close(fd);
	execve(MDEV, mdev_argv, environment);
	return EXEC_FAILED;
}
