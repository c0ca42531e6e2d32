/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hotplug helpers (agent/trace/hotplug.c) tell: each, before it becomes mdev,
 * which event it was started for. */
#ifndef RECORDER_HELPERS_H
#define RECORDER_HELPERS_H

#include "base/fault.h"
#include "processes.h"
#include "queue.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A message is strings, each ended by NUL: one of these with the time in
 * microseconds ("start=1234567"), then SEQNUM=, ACTION=, DEVPATH= and SUBSYSTEM=,
 * as the kernel gave them. Who sends it is in its credentials. */
#define HELPERS_START	"start"
#define HELPERS_HELD_UP "held-up"
#define HELPERS_LET_GO	"let-go"

#define HELPERS_MESSAGE_BYTES 2048

/* A file here, "remove:sda2", holds for how many milliseconds the mdev of that
 * event is to be held up. */
#define HELPERS_HOLD_UP_DIR "/run/hold-up"
#define HELPERS_EVENT_BYTES 63

/* Abstract: it is no file, and nobody has to make room for it. */
static inline struct sockaddr_un helpers_address(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path + 1, "grow-disk.recorder");
	return address;
}

/* A socket that hears them; -1 with the fault: internal. */
int helpers_open(struct fault *fault);

/* Record all that is waiting. */
void helpers_read(int fd, struct processes *processes, struct queue *queue);

/* Hold up the mdev of that event, once. /run must be there. Fault: internal. */
int helpers_hold_up(const char *event, unsigned ms, struct fault *fault);

/* One message. False when it is none. Exposed for its tests. */
struct helpers_message {
	char what[16];
	int64_t t_us;
	uint64_t seqnum;
	const char *action, *devpath, *subsystem; /* into the message */
};
bool helpers_parse(const char *message, size_t size_bytes, struct helpers_message *ret_message);

#endif
