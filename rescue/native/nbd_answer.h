/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request, and one answer, of the transmission phase. */
#ifndef NATIVE_NBD_ANSWER_H
#define NATIVE_NBD_ANSWER_H

#include "nbd.h"

enum nbd_command { NBD_READ, NBD_WRITE, NBD_FLUSH = 3, NBD_ZERO = 6 };

#define NBD_FLAG_NO_HOLE (1 << 1) /* of NBD_ZERO */

/* As it is sent: numbers are big-endian. */
struct nbd_request {
	uint32_t magic;
	uint16_t flags, type;
	uint64_t cookie, at;
	uint32_t length;
} __attribute__((packed));

/* The cookie of the next request, whose answer has so many bytes of data. It tells whose request it
 * was, and how much follows: what an earlier user of the connection asked for, and did not live to
 * receive, is passed over. */
uint64_t nbd_next_cookie(const struct nbd *nbd, size_t answer_bytes);

struct nbd_request nbd_request(enum nbd_command command, uint64_t at_bytes, size_t size_bytes);

/* Send it, with the bytes of a write, and do not wait. It gets its cookie. */
int nbd_ask(struct nbd *nbd, struct nbd_request *request, const void *bytes, size_t size_bytes);

/* Receive the next answer. 1: it is the one to that cookie (0: to none), its data follow. 0: it
 * belonged to one of nbd->flights, which is served, or to an earlier user. -1 with errno: the
 * service's error for that cookie, or the connection is given up. */
int nbd_answer(struct nbd *nbd, uint64_t cookie);

#endif
