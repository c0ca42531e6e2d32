/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "relay.h"

#include <errno.h>
#include <unistd.h>

bool relay_is_empty(const struct relay *relay)
{
	return relay->at == relay->used;
}

struct pollfd relay_slot(const struct relay *relay)
{
	if (!relay_is_empty(relay))
		return (struct pollfd){ .fd = relay->to, .events = POLLOUT };
	return (struct pollfd){ .fd = relay->ended ? -1 : relay->from, .events = POLLIN };
}

static bool is_passing(int error)
{
	return error == EAGAIN || error == EINTR;
}

static void write_some(struct relay *relay)
{
	ssize_t put = relay->used - relay->at;

	if (!relay->broken)
		put = write(relay->to, relay->data + relay->at, relay->used - relay->at);
	if (put < 0 && !is_passing(errno)) {
		relay->broken = true;
		relay->error = errno;
	}
	if (put <= 0)
		return;
	relay->at += (size_t)put;
	relay->bytes += (size_t)put;
}

static size_t read_some(struct relay *relay)
{
	ssize_t got = read(relay->from, relay->data, sizeof(relay->data));

	if (got == 0 || (got < 0 && !is_passing(errno))) {
		relay->ended = true;
		if (got < 0)
			relay->error = errno;
	}
	relay->at = 0;
	relay->used = got > 0 ? (size_t)got : 0;
	return relay->used;
}

size_t relay_step(struct relay *relay, const struct pollfd *slot)
{
	if (slot->fd < 0 || slot->revents == 0)
		return 0;
	if (relay_is_empty(relay))
		return read_some(relay);
	write_some(relay);
	return 0;
}
