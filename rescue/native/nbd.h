/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client of the block service: one disk over one connected socket, one request at a
 * time, with simple replies. Source: the NBD protocol, docs of NetworkBlockDevice/nbd,
 * "Fixed newstyle negotiation" and "Transmission phase".
 *
 * What comes from the service is not trusted to be well-formed: anything else than the
 * answer to what was asked is EPROTO, and the connection is given up. */
#ifndef NATIVE_NBD_H
#define NATIVE_NBD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nbd {
	int fd; /* borrowed; -1: none, or given up */
	uint64_t size_bytes;
	uint16_t flags;	 /* of the export */
	uint64_t cookie; /* of the last request */
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
