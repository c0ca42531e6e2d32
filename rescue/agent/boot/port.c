/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "port.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PORTS_DIR "/sys/class/virtio-ports"
#define RETRY_MS  5

static bool has_name(const char *port, const char *wanted)
{
	char path[320], name[64] = "";
	cleanup_file FILE *file = NULL;

	snprintf(path, sizeof(path), PORTS_DIR "/%s/name", port);
	file = fopen(path, "r");
	if (!file || !fgets(name, sizeof(name), file))
		return false;
	name[strcspn(name, "\n")] = '\0';
	return strcmp(name, wanted) == 0;
}

static int try_open(const char *name)
{
	DIR *ports = opendir(PORTS_DIR);
	struct dirent *entry;
	int fd = -1;

	errno = ENOENT;
	while (ports && fd < 0 && (entry = readdir(ports)) != NULL) {
		char path[320];

		if (!has_name(entry->d_name, name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	if (ports)
		closedir(ports);
	return fd;
}

int port_open(const char *name, int timeout_ms, struct fault *fault)
{
	int64_t deadline_ms = clock_ms() + timeout_ms;

	for (;;) {
		const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };
		int fd = try_open(name);

		if (fd >= 0)
			return fd;
		if (clock_ms() > deadline_ms)
			return fault_set_errno(fault, REASON_INTERNAL, errno,
					       "the port %s is not there", name);
		nanosleep(&pause, NULL);
	}
}
