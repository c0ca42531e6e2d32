/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole messages of NBD. All that fails here gives the connection up: nbd->fd is -1 then, and
 * -1 is returned with errno. */
#ifndef NATIVE_NBD_IO_H
#define NATIVE_NBD_IO_H

#include "nbd.h"

#include <sys/socket.h>
#include <sys/types.h>

/* Always -1, with that errno. */
int nbd_give_up(struct nbd *nbd, int error);

int nbd_receive_all(struct nbd *nbd, void *bytes, size_t size_bytes);
int nbd_send_all(struct nbd *nbd, struct iovec *pieces, size_t count);

#endif
