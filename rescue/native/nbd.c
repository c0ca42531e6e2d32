/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nbd.h"

#include "nbd_flags.h"
#include "nbd_io.h"

#include <endian.h>
#include <errno.h>

#define REQUEST_MAGIC	 UINT32_C(0x25609513)
#define SIMPLE_MAGIC	 UINT32_C(0x67446698) /* of a reply */
#define PIECE_BYTES	 (UINT32_C(16) << 20) /* of one request; every server takes 32 MiB */
#define ZERO_PIECE_BYTES (UINT32_C(1) << 30)
#define FLAG_NO_HOLE	 (1 << 1) /* of COMMAND_ZERO */

enum command { COMMAND_READ, COMMAND_WRITE, COMMAND_FLUSH = 3, COMMAND_ZERO = 6 };

struct request {
	uint32_t magic;
	uint16_t flags, type;
	uint64_t cookie, at;
	uint32_t length;
} __attribute__((packed));

struct reply {
	uint32_t magic, error;
	uint64_t cookie;
} __attribute__((packed));

bool nbd_is_read_only(const struct nbd *nbd)
{
	return nbd->flags & NBD_IS_READ_ONLY;
}

/* The numbers of the protocol are those of Linux. */
static int error_of(uint32_t error)
{
	switch (error) {
	case EPERM:
	case EIO:
	case ENOMEM:
	case EINVAL:
	case ENOSPC:
	case EOVERFLOW:
	case EOPNOTSUPP:
		return (int)error;
	default:
		return EIO;
	}
}

/* One request and its reply: with bytes to send or to receive, or neither. */
static int exchange(struct nbd *nbd, struct request request, const void *send_bytes,
		    void *receive_bytes, size_t size_bytes)
{
	struct reply reply;
	struct iovec out[] = { { &request, sizeof(request) },
			       { (void *)send_bytes, send_bytes ? size_bytes : 0 } };
	struct iovec in[] = { { &reply, sizeof(reply) },
			      { receive_bytes, receive_bytes ? size_bytes : 0 } };
	size_t data_came_bytes;
	ssize_t came;

	if (nbd->fd < 0)
		return nbd_give_up(nbd, EPIPE);
	request.magic = htobe32(REQUEST_MAGIC);
	request.cookie = ++nbd->cookie;
	if (nbd_send_all(nbd, out, send_bytes ? 2 : 1) < 0)
		return -1;
	came = nbd_receive(nbd, in, receive_bytes ? 2 : 1, sizeof(reply));
	if (came < 0)
		return -1;
	if (be32toh(reply.magic) != SIMPLE_MAGIC || reply.cookie != request.cookie)
		return nbd_give_up(nbd, EPROTO);
	if (reply.error != 0) {
		if (came > (ssize_t)sizeof(reply))
			return nbd_give_up(nbd, EPROTO);
		errno = error_of(be32toh(reply.error));
		return -1;
	}
	if (!receive_bytes)
		return 0;
	data_came_bytes = (size_t)came - sizeof(reply);
	return nbd_receive_all(nbd, (char *)receive_bytes + data_came_bytes,
			       size_bytes - data_came_bytes);
}

static struct request request_of(enum command command, uint64_t at_bytes, size_t size_bytes)
{
	return (struct request){ .type = htobe16((uint16_t)command),
				 .at = htobe64(at_bytes),
				 .length = htobe32((uint32_t)size_bytes) };
}

int nbd_read(struct nbd *nbd, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	for (size_t done = 0; done < size_bytes;) {
		size_t left = size_bytes - done, piece = left < PIECE_BYTES ? left : PIECE_BYTES;

		if (exchange(nbd, request_of(COMMAND_READ, at_bytes + done, piece), NULL,
			     (char *)bytes + done, piece) < 0)
			return -1;
		done += piece;
	}
	return 0;
}

int nbd_write(struct nbd *nbd, uint64_t at_bytes, const void *bytes, size_t size_bytes)
{
	for (size_t done = 0; done < size_bytes;) {
		size_t left = size_bytes - done, piece = left < PIECE_BYTES ? left : PIECE_BYTES;

		if (exchange(nbd, request_of(COMMAND_WRITE, at_bytes + done, piece),
			     (const char *)bytes + done, NULL, piece) < 0)
			return -1;
		done += piece;
	}
	return 0;
}

int nbd_zero(struct nbd *nbd, uint64_t at_bytes, uint64_t size_bytes, bool punch)
{
	if (!(nbd->flags & NBD_CAN_ZERO)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	for (uint64_t done = 0; done < size_bytes;) {
		uint64_t left = size_bytes - done;
		size_t piece = left < ZERO_PIECE_BYTES ? (size_t)left : ZERO_PIECE_BYTES;
		struct request request = request_of(COMMAND_ZERO, at_bytes + done, piece);

		request.flags = htobe16(punch ? 0 : FLAG_NO_HOLE);
		if (exchange(nbd, request, NULL, NULL, 0) < 0)
			return -1;
		done += piece;
	}
	return 0;
}

int nbd_flush(struct nbd *nbd)
{
	if (!(nbd->flags & NBD_CAN_FLUSH)) { /* then nobody knows what is on the disk */
		errno = EOPNOTSUPP;
		return -1;
	}
	return exchange(nbd, request_of(COMMAND_FLUSH, 0, 0), NULL, NULL, 0);
}
