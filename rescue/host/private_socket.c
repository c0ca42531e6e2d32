/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "private_socket.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#define BACKLOG 8

/* By the folder's descriptor: the name of the folder may be longer than a socket's may be. */
static void write_address(const struct private_socket *place, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s",
		 place->folder_fd, place->name);
}

static int bind_in(struct private_socket *place, int fd, const char *folder)
{
	struct sockaddr_un address;

	close_fdp(&place->folder_fd);
	place->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->folder_fd < 0)
		return -1;
	write_address(place, &address);
	return bind(fd, (struct sockaddr *)&address, sizeof(address));
}

/* Not every file system has sockets: then one of these. */
static int bind_elsewhere(struct private_socket *place, int fd)
{
	const char *const folders[] = { getenv("XDG_RUNTIME_DIR"), "/dev/shm", "/tmp", "/var/tmp" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (!folders[i] ||
		    snprintf(place->own_folder, sizeof(place->own_folder), "%s/grow-disk.XXXXXX",
			     folders[i]) >= (int)sizeof(place->own_folder))
			continue;
		if (!mkdtemp(place->own_folder))
			continue;
		if (bind_in(place, fd, place->own_folder) == 0)
			return 0;
		(void)rmdir(place->own_folder);
	}
	place->own_folder[0] = '\0';
	return -1;
}

int private_socket_listen(struct private_socket *ret_socket, const char *folder, const char *name,
			  struct fault *fault)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int number = 0;

	*ret_socket = (struct private_socket){ .folder_fd = -1, .name = name };
	if (fd < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "No socket can be made");
	if ((bind_in(ret_socket, fd, folder) == 0 ||
	     (number = errno, bind_elsewhere(ret_socket, fd) == 0)) &&
	    listen(fd, BACKLOG) == 0)
		return steal_fd(&fd);
	fault_set_errno(fault, number == ENOSPC ? REASON_NO_SPACE : REASON_FOLDER_NOT_WRITABLE,
			number, "No socket can be made in %.300s", folder);
	return fault_hint(fault, "Set TMPDIR to a directory on another file system");
}

int private_socket_connect(const struct private_socket *private_socket)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	write_address(private_socket, &address);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return steal_fd(&fd);
}

void private_socket_close(struct private_socket *private_socket)
{
	if (private_socket->folder_fd >= 0)
		(void)unlinkat(private_socket->folder_fd, private_socket->name, 0);
	close_fdp(&private_socket->folder_fd);
	if (private_socket->own_folder[0])
		(void)rmdir(private_socket->own_folder);
	private_socket->own_folder[0] = '\0';
}
