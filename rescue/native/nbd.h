/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of the block service: one disk over one connected socket, with simple replies. A request
 * waits for its answer, unless it is one of nbd_later.h. Source: the NBD protocol, docs of
 * NetworkBlockDevice/nbd, "Fixed newstyle negotiation" and "Transmission phase".
 *
 * What comes from the service is not trusted to be well-formed: anything else than the
 * answer to what was asked is EPROTO, and the connection is given up. */
#ifndef NATIVE_NBD_H
#define NATIVE_NBD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NBD_USERS_MAX 16

/* QEMU works on 16 requests at once, and reads no 17th. */
#define NBD_FLIGHTS_MAX 15

/* A request whose answer has not come yet. */
struct nbd_flight {
	uint64_t cookie;
	uint64_t begin_bytes, end_bytes; /* on the disk */
	void *bytes;			 /* of a read: where they go; of a write: NULL */
	int *ret_errors;		 /* of a read, so many times the same one */
	size_t errors_count;
};

struct nbd {
	int fd; /* borrowed; -1: none, or given up */
	uint64_t size_bytes;
	uint16_t flags;	 /* of the export */
	uint8_t user;	 /* of the connection, up to NBD_USERS_MAX: each process that gets it has
			    another */
	uint32_t number; /* of the last request */
	struct nbd_flight flights[NBD_FLIGHTS_MAX];
	int flights_count;
	int write_error; /* the first errno of a write whose answer came later; 0: none */
};

/* Ask for that export on a new connection. 0, or -1 with errno (EPROTO, ENOENT: there is no
 * such export, EPIPE: the service is gone). */
int nbd_negotiate(struct nbd *nbd, int fd, const char *export_name);

bool nbd_is_read_only(const struct nbd *nbd);

/* Each 0, or -1 with errno: the service's error (EIO, ENOSPC, ...), which leaves the
 * connection in order; EPROTO, EPIPE or ETIMEDOUT, after which every request is EPIPE. The
 * range must lie within the disk. */
int nbd_read(struct nbd *nbd, uint64_t at_bytes, void *bytes, size_t size_bytes);
int nbd_write(struct nbd *nbd, uint64_t at_bytes, const void *bytes, size_t size_bytes);
/* Zeroes; punch: they may become a hole. EOPNOTSUPP if the service cannot. */
int nbd_zero(struct nbd *nbd, uint64_t at_bytes, uint64_t size_bytes, bool punch);
int nbd_flush(struct nbd *nbd);

#endif
