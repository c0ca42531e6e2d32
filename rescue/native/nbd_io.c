/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nbd_io.h"

#include <errno.h>

int nbd_give_up(struct nbd *nbd, int error)
{
	nbd->fd = -1;
	errno = error;
	return -1;
}

/* Past what has been moved already. */
static void advance(struct msghdr *message, size_t bytes)
{
	while (message->msg_iovlen > 0 && bytes >= message->msg_iov->iov_len) {
		bytes -= message->msg_iov->iov_len;
		message->msg_iov++;
		message->msg_iovlen--;
	}
	if (message->msg_iovlen > 0) {
		message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + bytes;
		message->msg_iov->iov_len -= bytes;
	}
}

int nbd_receive_all(struct nbd *nbd, void *bytes, size_t size_bytes)
{
	struct iovec piece = { bytes, size_bytes };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = size_bytes > 0 };

	while (message.msg_iovlen > 0) {
		ssize_t got = recvmsg(nbd->fd, &message, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) /* the socket has a time limit: EAGAIN */
			return nbd_give_up(nbd, got < 0 && errno == EAGAIN ? ETIMEDOUT : EPIPE);
		advance(&message, (size_t)got);
	}
	return 0;
}

int nbd_send_all(struct nbd *nbd, struct iovec *pieces, size_t count)
{
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = count };

	while (message.msg_iovlen > 0) {
		ssize_t sent = sendmsg(nbd->fd, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return nbd_give_up(nbd, errno == EAGAIN ? ETIMEDOUT : EPIPE);
		advance(&message, (size_t)sent);
	}
	return 0;
}
