/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nbd.h"

#include "nbd_answer.h"
#include "nbd_flags.h"
#include "nbd_io.h"

#include <endian.h>
#include <errno.h>

#define PIECE_BYTES	 (UINT32_C(16) << 20) /* of one request; every server takes 32 MiB */
#define ZERO_PIECE_BYTES (UINT32_C(1) << 30)

bool nbd_is_read_only(const struct nbd *nbd)
{
	return nbd->flags & NBD_IS_READ_ONLY;
}

/* One request and its answer: with bytes to send or to receive, or neither. */
static int exchange(struct nbd *nbd, struct nbd_request request, const void *send_bytes,
		    void *receive_bytes, size_t size_bytes)
{
	int answer;

	if (nbd_ask(nbd, &request, send_bytes, size_bytes) < 0)
		return -1;
	do
		answer = nbd_answer(nbd, request.cookie);
	while (answer == 0);
	if (answer < 0 || !receive_bytes)
		return answer < 0 ? -1 : 0;
	return nbd_receive_all(nbd, receive_bytes, size_bytes);
}

int nbd_read(struct nbd *nbd, uint64_t at_bytes, void *bytes, size_t size_bytes)
{
	for (size_t done = 0; done < size_bytes;) {
		size_t left = size_bytes - done, piece = left < PIECE_BYTES ? left : PIECE_BYTES;

		if (exchange(nbd, nbd_request(NBD_READ, at_bytes + done, piece), NULL,
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

		if (exchange(nbd, nbd_request(NBD_WRITE, at_bytes + done, piece),
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
		struct nbd_request request = nbd_request(NBD_ZERO, at_bytes + done, piece);

		request.flags = htobe16(punch ? 0 : NBD_FLAG_NO_HOLE);
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
	return exchange(nbd, nbd_request(NBD_FLUSH, 0, 0), NULL, NULL, 0);
}
