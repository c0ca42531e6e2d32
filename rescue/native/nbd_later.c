/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nbd_later.h"

#include "nbd_answer.h"
#include "nbd_io.h"

/* Remember what was asked. */
static void take_off(struct nbd *nbd, const struct nbd_request *request, struct nbd_flight flight)
{
	flight.cookie = request->cookie;
	nbd->flights[nbd->flights_count++] = flight;
}

int nbd_read_ahead(struct nbd *nbd, uint64_t at_bytes, void *bytes, size_t size_bytes,
		   int ret_errors[], size_t errors_count)
{
	struct nbd_request request = nbd_request(NBD_READ, at_bytes, size_bytes);

	if (nbd->flights_count == NBD_FLIGHTS_MAX) {
		errno = EBUSY;
		return -1;
	}
	if (nbd_ask(nbd, &request, NULL, 0) < 0)
		return -1;
	for (size_t i = 0; i < errors_count; i++)
		ret_errors[i] = NBD_UNDER_WAY;
	take_off(nbd, &request,
		 (struct nbd_flight){ .begin_bytes = at_bytes,
				      .end_bytes = at_bytes + size_bytes,
				      .bytes = bytes,
				      .ret_errors = ret_errors,
				      .errors_count = errors_count });
	return 0;
}

static int judge_writes(const struct nbd *nbd)
{
	errno = nbd->write_error;
	return nbd->write_error == 0 ? 0 : -1;
}

int nbd_write_behind(struct nbd *nbd, uint64_t at_bytes, const void *bytes, size_t size_bytes)
{
	struct nbd_request request = nbd_request(NBD_WRITE, at_bytes, size_bytes);

	while (nbd->flights_count == NBD_FLIGHTS_MAX)
		if (nbd_answer(nbd, 0) < 0)
			return -1;
	if (nbd_ask(nbd, &request, bytes, size_bytes) < 0)
		return -1;
	take_off(
		nbd, &request,
		(struct nbd_flight){ .begin_bytes = at_bytes, .end_bytes = at_bytes + size_bytes });
	return judge_writes(nbd);
}

bool nbd_touches(const struct nbd *nbd, uint64_t at_bytes, uint64_t size_bytes)
{
	for (int i = 0; i < nbd->flights_count; i++)
		if (nbd->flights[i].begin_bytes < at_bytes + size_bytes &&
		    at_bytes < nbd->flights[i].end_bytes)
			return true;
	return false;
}

int nbd_await(struct nbd *nbd, uint64_t at_bytes, uint64_t size_bytes)
{
	while (nbd_touches(nbd, at_bytes, size_bytes))
		if (nbd_answer(nbd, 0) < 0)
			return -1;
	return nbd->fd < 0 ? nbd_give_up(nbd, EPIPE) : judge_writes(nbd);
}

int nbd_await_all(struct nbd *nbd)
{
	return nbd_await(nbd, 0, UINT64_MAX);
}
