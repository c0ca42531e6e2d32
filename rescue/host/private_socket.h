/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unix socket that a program of QEMU listens on, and only we can reach: in a folder that
 * is ours alone. The name goes when nobody has to connect any more. */
#ifndef HOST_PRIVATE_SOCKET_H
#define HOST_PRIVATE_SOCKET_H

#include "base/fault.h"

struct private_socket {
	int folder_fd;	      /* owned; -1: none */
	char own_folder[256]; /* its path, if we made it for the socket alone; else "" */
	const char *name;     /* in the folder; static text */
};

/* Listen in that folder, or, where it cannot have sockets, in one of our own. The descriptor
 * to listen on, which the caller owns; -1 with the fault folder-not-writable, no-space or
 * internal. private_socket_close must follow in any case. */
int private_socket_listen(struct private_socket *ret_socket, const char *folder, const char *name,
			  struct fault *fault);

/* A new connection, or -1 with errno. */
int private_socket_connect(const struct private_socket *private_socket);

void private_socket_close(struct private_socket *private_socket);

#endif
