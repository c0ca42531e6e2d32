/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that do not wait for their answers, so that the service works while the process does:
 * reads ahead, and writes. Nothing may be under way that touches the same bytes: nbd_await comes
 * first. A flush, and every request of nbd.h, takes no notice of what is under way. */
#ifndef NATIVE_NBD_LATER_H
#define NATIVE_NBD_LATER_H

#include "nbd.h"

#include <errno.h>

#define NBD_UNDER_WAY EINPROGRESS

/* At most 16 MiB. The bytes and the errors, so many times the same one, are the connection's until
 * an error is no longer NBD_UNDER_WAY: 0, the bytes are there, or an errno. EBUSY: too many are
 * under way. */
int nbd_read_ahead(struct nbd *nbd, uint64_t at_bytes, void *bytes, size_t size_bytes,
		   int ret_errors[], size_t errors_count);

/* At most 16 MiB. They are sent when it returns; an error of the service comes from a later call of
 * this or of nbd_await. */
int nbd_write_behind(struct nbd *nbd, uint64_t at_bytes, const void *bytes, size_t size_bytes);

/* Is anything under way that touches these bytes? */
bool nbd_touches(const struct nbd *nbd, uint64_t at_bytes, uint64_t size_bytes);

/* Wait until nothing is under way that touches these bytes. -1 with errno: a write has failed, or
 * the connection is given up. */
int nbd_await(struct nbd *nbd, uint64_t at_bytes, uint64_t size_bytes);

/* Wait until nothing is under way. As nbd_await. */
int nbd_await_all(struct nbd *nbd);

#endif
