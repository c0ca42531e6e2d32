/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "order.h"

#include "base/pass_fd.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

int order_send(int fd, int tool, const char *const argv[], const struct nbd *nbd, uint8_t user)
{
	struct order order = {
		.tool = tool, .disk_bytes = nbd->size_bytes, .disk_flags = nbd->flags, .user = user
	};
	size_t used = 0;

	for (; argv[order.argc]; order.argc++) {
		size_t bytes = strlen(argv[order.argc]) + 1;

		if (order.argc == ORDER_ARGUMENTS_MAX || bytes > sizeof(order.arguments) - used) {
			errno = E2BIG;
			return -1;
		}
		memcpy(order.arguments + used, argv[order.argc], bytes);
		used += bytes;
	}
	return pass_fd_send(fd, &order, sizeof(order), nbd->fd);
}

int order_receive(int fd, struct order *ret_order, struct nbd *ret_nbd)
{
	int disk_fd;

	if (pass_fd_receive(fd, ret_order, sizeof(*ret_order), &disk_fd) < 0)
		return -1;
	*ret_nbd = (struct nbd){ .fd = disk_fd,
				 .size_bytes = ret_order->disk_bytes,
				 .flags = ret_order->disk_flags,
				 .user = ret_order->user };
	return 0;
}

int order_arguments(struct order *order, char *ret_argv[ORDER_ARGUMENTS_MAX + 1])
{
	size_t at = 0;

	if (order->argc < 1 || order->argc > ORDER_ARGUMENTS_MAX)
		return -1;
	for (int i = 0; i < order->argc; i++) {
		size_t left = sizeof(order->arguments) - at;
		size_t length = strnlen(order->arguments + at, left);

		if (length == left)
			return -1;
		ret_argv[i] = order->arguments + at;
		at += length + 1;
	}
	ret_argv[order->argc] = NULL;
	return order->argc;
}
