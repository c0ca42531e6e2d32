/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pass_fd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for one descriptor, aligned as the header needs it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int pass_fd_send(int socket_fd, const void *bytes, size_t size_bytes, int fd)
{
	union control control = { .bytes = { 0 } };
	struct iovec piece = { (void *)bytes, size_bytes };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	do
		sent = sendmsg(socket_fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0 && (size_t)sent != size_bytes)
		errno = EMSGSIZE;
	return sent >= 0 && (size_t)sent == size_bytes ? 0 : -1;
}

int pass_fd_receive(int socket_fd, void *bytes, size_t size_bytes, int *ret_fd)
{
	union control control;
	struct iovec piece = { bytes, size_bytes };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	const struct cmsghdr *header;
	ssize_t got;

	do
		got = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (got == 0)
		errno = EPIPE;
	if (got <= 0)
		return -1;
	errno = EPROTO;
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(ret_fd, CMSG_DATA(header), sizeof(int));
	if ((size_t)got == size_bytes && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return 0;
	close(*ret_fd);
	return -1;
}
