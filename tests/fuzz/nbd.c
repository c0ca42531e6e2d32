/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sealed process' side of its disk: rescue/native/nbd*.c read what a service says that may lie,
 * err or stop at any byte.
 *
 * The input: how its bytes are cut (FUZZ_CHUNKS); what is asked, a byte each (ASKED: the low two
 * bits read, write, zero or flush, the others how much); flags; then what the service says. With
 * FLAG_LATER, reads ahead and a write come first, as large as what is asked. */
#include "fuzz.h"

#include "base/bytes.h"
#include "native/nbd_answer.h"
#include "native/nbd_flags.h"
#include "native/nbd_later.h"

#include <errno.h>
#include <string.h>

#define ASKED	      4
#define FRONT	      (FUZZ_CHUNKS + ASKED + 1)
#define FLAG_GREETS   1 /* what it says first is right, and is not in the input */
#define FLAG_LATER    2
#define REPLY_BYTES   16
#define REQUEST_BYTES 28
#define INPUT_MAX     2048
#define PIECE_MAX     256

/* A greeting, an export of 1 MiB that can flush and write zeroes, the end of the negotiation. */
static const uint8_t greeting[] = {
	'N',  'B',  'D', 'M',  'A', 'G', 'I',  'C',  'I',  'H',	 'A',  'V',  'E',  'O',
	'P',  'T',  0,	 3,    0,   3,	 0xe8, 0x89, 0x04, 0x55, 0x65, 0xa9, 0,	   0,
	0,    7,    0,	 0,    0,   3,	 0,    0,    0,	   12,	 0,    0,    0,	   0,
	0,    0,    0,	 0x10, 0,   0,	 0,    0x45, 0,	   3,	 0xe8, 0x89, 0x04, 0x55,
	0x65, 0xa9, 0,	 0,    0,   7,	 0,    0,    0,	   1,	 0,    0,    0,	   0,
};

enum asked { ASKED_READ, ASKED_WRITE, ASKED_ZERO, ASKED_FLUSH };

static const uint8_t *stream;
static size_t stream_bytes;

static size_t position(void)
{
	return stream_bytes - fuzz_left(0);
}

static bool is_end_of_connection(int error)
{
	return error == EPROTO || error == EPIPE || error == ETIMEDOUT;
}

/* One request was sent, whole, with its number. */
static void judge_request(enum asked asked, uint64_t number, size_t data_bytes)
{
	size_t sent_bytes;
	const uint8_t *sent = fuzz_take_sent(&sent_bytes);
	static const uint8_t types[] = { 0, 1, 6, 3 };

	MUST(sent_bytes == REQUEST_BYTES + (asked == ASKED_WRITE ? data_bytes : 0));
	MUST(memcmp(sent, "\x25\x60\x95\x13", 4) == 0 && sent[7] == types[asked]);
	MUST(le64_at(sent + 8) == number);
	for (size_t i = REQUEST_BYTES; i < sent_bytes; i++)
		MUST(sent[i] == 0x5a);
}

/* What a successful request must have found in the stream. */
static void judge_reply(size_t from, uint64_t number, const uint8_t *data, size_t data_bytes)
{
	const uint8_t *reply = stream + position() - REPLY_BYTES - data_bytes;

	/* Before it, there may be answers to another user. */
	MUST(position() >= from + REPLY_BYTES + data_bytes);
	MUST(memcmp(reply, "\x67\x44\x66\x98\0\0\0\0", 8) == 0 && le64_at(reply + 8) == number);
	MUST(memcmp(reply + REPLY_BYTES, data, data_bytes) == 0);
	fuzz_accepted++;
}

/* What is asked must not change a byte before or behind the piece. */
static int ask(struct nbd *nbd, enum asked asked, uint8_t *piece, size_t size_bytes)
{
	switch (asked) {
	case ASKED_READ:
		return nbd_read(nbd, 4096, piece, size_bytes);
	case ASKED_WRITE:
		memset(piece, 0x5a, size_bytes);
		return nbd_write(nbd, 4096, piece, size_bytes);
	case ASKED_ZERO:
		return nbd_zero(nbd, 4096, size_bytes, true);
	default:
		return nbd_flush(nbd);
	}
}

static void one_request(struct nbd *nbd, uint8_t byte)
{
	uint8_t piece[PIECE_MAX];
	enum asked asked = byte & 3;
	size_t size_bytes = (byte >> 2) * 4u + 1, from = position();
	size_t data_bytes = asked == ASKED_READ ? size_bytes : 0;
	bool can = (asked != ASKED_ZERO || nbd->flags & NBD_CAN_ZERO) &&
		   (asked != ASKED_FLUSH || nbd->flags & NBD_CAN_FLUSH);
	bool was_open = nbd->fd >= 0;
	uint64_t number = nbd_next_cookie(nbd, data_bytes);
	int result = ask(nbd, asked, piece, size_bytes), error = errno;

	if (!can || !was_open) {
		MUST(result < 0 && error == (can ? EPIPE : EOPNOTSUPP) && position() == from);
		return;
	}
	judge_request(asked, number, size_bytes);
	if (result == 0) {
		judge_reply(from, number, piece, data_bytes);
	} else if (is_end_of_connection(error)) {
		MUST(nbd->fd < 0);
	} else { /* the service's error, and all is in order */
		MUST(nbd->fd >= 0 && position() >= from + REPLY_BYTES);
		MUST(memcmp(stream + position() - REPLY_BYTES + 4, "\0\0\0\0", 4) != 0);
	}
}

/* What was asked for ahead has come, or there is an error; and no byte is changed behind it. */
static void judge_ahead(const struct nbd *nbd, const uint8_t *piece, size_t size_bytes,
			const int errors[2])
{
	for (size_t i = size_bytes; i < PIECE_MAX; i++)
		MUST(piece[i] == 0x33);
	MUST(nbd->fd < 0 || errors[0] != NBD_UNDER_WAY);
	MUST(errors[0] == errors[1]);
	if (nbd->fd >= 0 && errors[0] == 0)
		fuzz_accepted++;
}

/* Answers may come in any order. */
static void requests_later(struct nbd *nbd, const uint8_t *asked)
{
	uint8_t pieces[ASKED][PIECE_MAX], bytes[PIECE_MAX] = { 0 };
	int errors[ASKED][2], result;
	size_t sizes[ASKED];

	memset(pieces, 0x33, sizeof(pieces));
	for (size_t i = 0; i < ASKED; i++) {
		sizes[i] = (asked[i] >> 2) * 4u + 1;
		MUST(nbd_read_ahead(nbd, i * 4096, pieces[i], sizes[i], errors[i], 2) == 0);
	}
	result = nbd_write_behind(nbd, ASKED * 4096, bytes, sizes[0]);
	MUST(result == 0 && nbd->flights_count == ASKED + 1);
	MUST(nbd_touches(nbd, ASKED * 4096, 1) && !nbd_touches(nbd, (ASKED + 1) * 4096, 4096));
	result = nbd_await_all(nbd);
	MUST(nbd->fd < 0 ? result < 0 : nbd->flights_count == 0);
	MUST((result < 0) == (nbd->fd < 0 || nbd->write_error != 0));
	for (size_t i = 0; i < ASKED; i++)
		judge_ahead(nbd, pieces[i], sizes[i], errors[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static uint8_t all[sizeof(greeting) + INPUT_MAX];
	struct nbd nbd;
	size_t ignored;

	if (size_bytes < FRONT || size_bytes - FRONT > INPUT_MAX)
		return 0;
	stream = all;
	stream_bytes = 0;
	if (data[FRONT - 1] & FLAG_GREETS) {
		memcpy(all, greeting, sizeof(greeting));
		stream_bytes = sizeof(greeting);
	}
	memcpy(all + stream_bytes, data + FRONT, size_bytes - FRONT);
	stream_bytes += size_bytes - FRONT;
	fuzz_channel(0, all, stream_bytes, data);
	if (nbd_negotiate(&nbd, FUZZ_FD, "disk") < 0) {
		MUST(nbd.fd < 0 && (is_end_of_connection(errno) || errno == ENOENT));
		MUST(!(data[FRONT - 1] & FLAG_GREETS));
		return 0;
	}
	MUST(nbd.size_bytes <= INT64_MAX && nbd.flags & NBD_HAS_FLAGS);
	(void)fuzz_take_sent(&ignored);
	if (data[FRONT - 1] & FLAG_LATER)
		requests_later(&nbd, data + FUZZ_CHUNKS);
	(void)fuzz_take_sent(&ignored);
	for (int i = 0; i < ASKED; i++)
		one_request(&nbd, data[FUZZ_CHUNKS + i]);
	fuzz_channel(0, NULL, 0, data);
	return 0;
}
