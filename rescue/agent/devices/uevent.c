/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "uevent.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define KERNEL_GROUP	     1
#define RECEIVE_BUFFER_BYTES (8 * 1024 * 1024)

int uevent_open(struct fault *fault)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				   NETLINK_KOBJECT_UEVENT);
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	int buffer_bytes = RECEIVE_BUFFER_BYTES, on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "no device events from the kernel");
	/* A coldplug burst must fit; without the privilege a smaller buffer has
	 * to do, and an overrun is noticed anyway. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes));
	return steal_fd(&fd);
}

/* Only root in the kernel's own name: a netlink sender of port 0. */
static bool is_from_kernel(struct msghdr *header, const struct sockaddr_nl *sender)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(header);
	struct ucred credentials;

	if (sender->nl_pid != 0 || !control || control->cmsg_level != SOL_SOCKET ||
	    control->cmsg_type != SCM_CREDENTIALS ||
	    control->cmsg_len < CMSG_LEN(sizeof(credentials)))
		return false;
	memcpy(&credentials, CMSG_DATA(control), sizeof(credentials));
	return credentials.uid == 0;
}

int uevent_receive(int fd, struct uevent *ret_event, bool *ret_overrun, struct fault *fault)
{
	char message[UEVENT_MAX_BYTES];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct sockaddr_nl sender = { 0 };
	struct iovec part = { .iov_base = message, .iov_len = sizeof(message) };
	struct msghdr header = { .msg_name = &sender,
				 .msg_namelen = sizeof(sender),
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes) };
	ssize_t got = recvmsg(fd, &header, 0);

	if (got < 0 && errno == ENOBUFS) {
		*ret_overrun = true;
		return 0;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "device events cannot be read");
	return is_from_kernel(&header, &sender) && uevent_parse(message, (size_t)got, ret_event);
}

/* Copy when it fits; a value that does not fit is no event we know. */
static bool copy(char *out, size_t out_bytes, const char *in)
{
	size_t length = strlen(in);

	if (length >= out_bytes)
		return false;
	memcpy(out, in, length + 1);
	return true;
}

/* Decimal digits alone: strtoull(3) would take a sign as well. So many are below
 * the largest number of the wire, and more than the kernel will ever count. */
static bool take_seqnum(uint64_t *ret_seqnum, const char *in)
{
	size_t digits = strspn(in, "0123456789");

	if (digits == 0 || digits > 18 || in[digits] != '\0')
		return false;
	*ret_seqnum = strtoull(in, NULL, 10);
	return true;
}

static bool take_pair(struct uevent *event, const char *pair)
{
	if (strncmp(pair, "ACTION=", 7) == 0)
		return copy(event->action, sizeof(event->action), pair + 7);
	if (strncmp(pair, "DEVPATH=", 8) == 0)
		return copy(event->devpath, sizeof(event->devpath), pair + 8);
	if (strncmp(pair, "SUBSYSTEM=", 10) == 0)
		return copy(event->subsystem, sizeof(event->subsystem), pair + 10);
	if (strncmp(pair, "DEVTYPE=", 8) == 0)
		return copy(event->devtype, sizeof(event->devtype), pair + 8);
	if (strncmp(pair, "DEVNAME=", 8) == 0)
		return copy(event->devname, sizeof(event->devname), pair + 8);
	if (strncmp(pair, "SEQNUM=", 7) == 0)
		return take_seqnum(&event->seqnum, pair + 7);
	return true;
}

bool uevent_parse(const char *message, size_t size_bytes, struct uevent *ret_event)
{
	struct uevent event = { 0 };
	const char *header_end = memchr(message, '\0', size_bytes);
	const char *end = message + size_bytes, *pair;

	if (!header_end || !memchr(message, '@', (size_t)(header_end - message)))
		return false;
	for (pair = header_end + 1; pair < end; pair += strlen(pair) + 1) {
		if (!memchr(pair, '\0', (size_t)(end - pair)) || !take_pair(&event, pair))
			return false;
	}
	if (event.action[0] == '\0' || event.devpath[0] == '\0' || event.subsystem[0] == '\0')
		return false;
	*ret_event = event;
	return true;
}
