/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helpers.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

int helpers_open(struct fault *fault)
{
	const struct sockaddr_un address = helpers_address();
	int on = 1;
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "hotplug helpers cannot be heard");
	return steal_fd(&fd);
}

/* The value of the string at *at, which must begin with name and "="; moves on. */
static const char *take(const char **at, const char *end, const char *name)
{
	const char *value = *at + strlen(name) + 1;
	size_t length = strnlen(*at, (size_t)(end - *at));

	if (length == (size_t)(end - *at) || length <= strlen(name) ||
	    strncmp(*at, name, strlen(name)) != 0 || value[-1] != '=')
		return NULL;
	*at += length + 1;
	return value;
}

bool helpers_parse(const char *message, size_t size_bytes, struct helpers_message *ret_message)
{
	struct helpers_message parsed = { 0 };
	const char *at = memchr(message, '\0', size_bytes), *end = message + size_bytes, *seqnum;

	if (!at || sscanf(message, "%15[a-z-]=%" SCNd64, parsed.what, &parsed.t_us) != 2)
		return false;
	at++;
	seqnum = take(&at, end, "SEQNUM");
	parsed.action = seqnum ? take(&at, end, "ACTION") : NULL;
	parsed.devpath = parsed.action ? take(&at, end, "DEVPATH") : NULL;
	parsed.subsystem = parsed.devpath ? take(&at, end, "SUBSYSTEM") : NULL;
	if (!parsed.subsystem || sscanf(seqnum, "%" SCNu64, &parsed.seqnum) != 1)
		return false;
	*ret_message = parsed;
	return true;
}

static void heed(const struct helpers_message *message, pid_t pid, struct processes *processes,
		 struct queue *queue)
{
	const char *name = strrchr(message->devpath, '/');
	char event[HELPERS_EVENT_BYTES + 1];

	if (strcmp(message->what, HELPERS_START) == 0) {
		processes_helper(processes, queue, pid, message->t_us,
				 (struct processes_event){ message->seqnum, message->action,
							   message->devpath, message->subsystem });
		return;
	}
	snprintf(event, sizeof(event), "%.15s:%.40s", message->action, name ? name + 1 : "");
	queue_put(queue, EVENT_MARK, message->t_us,
		  json_pack("{s:s, s:s}", "what", message->what, "text", event));
}

void helpers_read(int fd, struct processes *processes, struct queue *queue)
{
	for (;;) {
		char bytes[HELPERS_MESSAGE_BYTES];
		union {
			struct cmsghdr align;
			char bytes[CMSG_SPACE(sizeof(struct ucred))];
		} control;
		struct iovec part = { .iov_base = bytes, .iov_len = sizeof(bytes) };
		struct msghdr header = { .msg_iov = &part,
					 .msg_iovlen = 1,
					 .msg_control = control.bytes,
					 .msg_controllen = sizeof(control.bytes) };
		ssize_t got = recvmsg(fd, &header, 0);
		struct cmsghdr *sender = got >= 0 ? CMSG_FIRSTHDR(&header) : NULL;
		struct helpers_message message;
		struct ucred who;

		if (got < 0)
			return;
		if (!sender || sender->cmsg_type != SCM_CREDENTIALS ||
		    !helpers_parse(bytes, (size_t)got, &message))
			continue;
		memcpy(&who, CMSG_DATA(sender), sizeof(who));
		heed(&message, who.pid, processes, queue);
	}
}

int helpers_hold_up(const char *event, unsigned ms, struct fault *fault)
{
	char path[sizeof(HELPERS_HOLD_UP_DIR) + HELPERS_EVENT_BYTES + 1], text[16];
	cleanup_fd int fd = -1;
	int length = snprintf(text, sizeof(text), "%u\n", ms);

	(void)mkdir(HELPERS_HOLD_UP_DIR, 0755);
	snprintf(path, sizeof(path), HELPERS_HOLD_UP_DIR "/%s", event);
	if (!strchr(event, '/'))
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "%s cannot be held up",
				       event);
	return 0;
}
