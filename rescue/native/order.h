/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An order to a worker: one message, which brings the disk's socket with it. */
#ifndef NATIVE_ORDER_H
#define NATIVE_ORDER_H

#include "nbd.h"

#define ORDER_BYTES	    4096
#define ORDER_ARGUMENTS_MAX 16
#define WORKER_ORDER_FD	    4

struct order {
	int tool;
	int argc;
	uint64_t disk_bytes;
	uint16_t disk_flags;
	uint8_t user;		     /* of the connection */
	char arguments[ORDER_BYTES]; /* argc texts, each with its NUL */
};

/* The worker is that user of the connection. 0, or -1 with errno (E2BIG). */
int order_send(int fd, int tool, const char *const argv[], const struct nbd *nbd, uint8_t user);

/* Wait for one. nbd->fd is the caller's then. -1: the other end is gone, or sent something
 * else. */
int order_receive(int fd, struct order *ret_order, struct nbd *ret_nbd);

/* The arguments, which point into the order; NULL behind the last. How many, or -1. */
int order_arguments(struct order *order, char *ret_argv[ORDER_ARGUMENTS_MAX + 1]);

#endif
