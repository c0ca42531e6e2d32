/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nbd_answer.h"

#include "nbd_io.h"

#include <endian.h>
#include <errno.h>

#define REQUEST_MAGIC UINT32_C(0x25609513)
#define SIMPLE_MAGIC  UINT32_C(0x67446698) /* of an answer */

/* A cookie, from its low bits: how much data the answer has (up to 16 MiB), a number, the user. */
#define LENGTH_BITS 25
#define NUMBER_BITS 31
#define USER_SHIFT  (LENGTH_BITS + NUMBER_BITS)

struct answer {
	uint32_t magic, error;
	uint64_t cookie;
} __attribute__((packed));

/* The numbers of the protocol are those of Linux. 0: none. */
static int error_of(const struct answer *answer)
{
	uint32_t error = be32toh(answer->error);

	switch (error) {
	case 0:
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

uint64_t nbd_next_cookie(const struct nbd *nbd, size_t answer_bytes)
{
	uint64_t number = (nbd->number + UINT64_C(1)) & ((UINT64_C(1) << NUMBER_BITS) - 1);

	return (uint64_t)nbd->user << USER_SHIFT | number << LENGTH_BITS | answer_bytes;
}

struct nbd_request nbd_request(enum nbd_command command, uint64_t at_bytes, size_t size_bytes)
{
	return (struct nbd_request){ .magic = htobe32(REQUEST_MAGIC),
				     .type = htobe16((uint16_t)command),
				     .at = htobe64(at_bytes),
				     .length = htobe32((uint32_t)size_bytes) };
}

int nbd_ask(struct nbd *nbd, struct nbd_request *request, const void *bytes, size_t size_bytes)
{
	struct iovec out[] = { { request, sizeof(*request) }, { (void *)bytes, size_bytes } };

	if (nbd->fd < 0)
		return nbd_give_up(nbd, EPIPE);
	request->cookie = nbd_next_cookie(
		nbd, request->type == htobe16(NBD_READ) ? be32toh(request->length) : 0);
	nbd->number++;
	return nbd_send_all(nbd, out, bytes ? 2 : 1);
}

/* The one with that cookie, which is no longer under way. false: there is none. */
static bool land(struct nbd *nbd, uint64_t cookie, struct nbd_flight *ret_flight)
{
	for (int i = 0; i < nbd->flights_count; i++)
		if (nbd->flights[i].cookie == cookie) {
			*ret_flight = nbd->flights[i];
			nbd->flights[i] = nbd->flights[--nbd->flights_count];
			return true;
		}
	return false;
}

/* Pass over the data of an answer that nobody waits for any more. */
static int skip(struct nbd *nbd, const struct answer *answer)
{
	size_t left = answer->error == 0 ? answer->cookie & ((UINT64_C(1) << LENGTH_BITS) - 1) : 0;
	uint8_t bytes[4096];

	while (left > 0) {
		size_t piece = left < sizeof(bytes) ? left : sizeof(bytes);

		if (nbd_receive_all(nbd, bytes, piece) < 0)
			return -1;
		left -= piece;
	}
	return 0;
}

static int serve(struct nbd *nbd, const struct answer *answer)
{
	struct nbd_flight flight;
	uint64_t user = answer->cookie >> USER_SHIFT;
	int error = error_of(answer), result = 0;

	if (user != nbd->user && user <= NBD_USERS_MAX)
		return skip(nbd, answer);
	if (!land(nbd, answer->cookie, &flight))
		return nbd_give_up(nbd, EPROTO);
	if (!flight.bytes) {
		if (nbd->write_error == 0)
			nbd->write_error = error;
		return 0;
	}
	if (error == 0)
		result = nbd_receive_all(nbd, flight.bytes,
					 (size_t)(flight.end_bytes - flight.begin_bytes));
	for (size_t i = 0; i < flight.errors_count; i++)
		flight.ret_errors[i] = result < 0 ? errno : error;
	return result;
}

int nbd_answer(struct nbd *nbd, uint64_t cookie)
{
	struct answer answer;

	if (nbd->fd < 0)
		return nbd_give_up(nbd, EPIPE);
	if (nbd_receive_all(nbd, &answer, sizeof(answer)) < 0)
		return -1;
	if (be32toh(answer.magic) != SIMPLE_MAGIC)
		return nbd_give_up(nbd, EPROTO);
	if (cookie == 0 || answer.cookie != cookie)
		return serve(nbd, &answer);
	if (answer.error == 0)
		return 1;
	errno = error_of(&answer);
	return -1;
}
