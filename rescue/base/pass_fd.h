/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message with a descriptor over a unix socket. Source: unix(7), SCM_RIGHTS. */
#ifndef BASE_PASS_FD_H
#define BASE_PASS_FD_H

#include <stddef.h>

/* 0, or -1 with errno. */
int pass_fd_send(int socket_fd, const void *bytes, size_t size_bytes, int fd);

/* Wait for a message of that size. The caller owns *ret_fd, which is closed on exec. -1 with
 * errno: EPIPE at the end, EPROTO for another message. */
int pass_fd_receive(int socket_fd, void *bytes, size_t size_bytes, int *ret_fd);

#endif
