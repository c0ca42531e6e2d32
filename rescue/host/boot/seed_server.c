/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "seed_server.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file that the seed does not have is empty: cloud-init asks ten times for one that is not found,
 * with a second in between. */
static const char *const names[SEED_SERVER_FILES] = { "user-data", "meta-data", "network-config",
						      "vendor-data" };

static int read_file(struct seed_server *server, int i, const char *folder, struct fault *fault)
{
	char path[PATH_MAX + 32];
	struct stat status;
	cleanup_fd int fd = -1;
	ssize_t got;

	snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && i > 1)
		return 0;
	if (fd < 0 || fstat(fd, &status) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "The seed cannot be read");
	server->files[i] = malloc((size_t)status.st_size + 1);
	if (!server->files[i])
		return fault_set(fault, REASON_NO_MEMORY, "Memory has run out");
	got = read(fd, server->files[i], (size_t)status.st_size);
	if (got != status.st_size)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "The seed cannot be read");
	server->files_bytes[i] = (size_t)got;
	return 0;
}

int seed_server_open(struct seed_server *server, const char *folder, struct fault *fault)
{
	*server = (struct seed_server){ .fd = -1 };
	for (int i = 0; i < SEED_SERVER_FILES; i++)
		if (read_file(server, i, folder, fault) < 0)
			return -1;
	return 0;
}

void seed_server_close(struct seed_server *server)
{
	for (int i = 0; i < SEED_SERVER_FILES; i++) {
		free(server->files[i]);
		server->files[i] = NULL;
	}
	server->fd = -1;
}

void seed_server_connect(struct seed_server *server, int fd)
{
	server->fd = fd;
	server->requests = 0;
	server->phone_home = (struct phone_home){ 0 };
	server->request = (struct http_request){ 0 };
	server->head_bytes = server->body_bytes = server->sent_bytes = 0;
}

static bool is_sent(const struct seed_server *server)
{
	return server->sent_bytes == server->head_bytes + server->body_bytes;
}

/* Write as much of the answer as QEMU takes now. */
static void send_answer(struct seed_server *server)
{
	while (server->fd >= 0 && !is_sent(server)) {
		const bool head = server->sent_bytes < server->head_bytes;
		const size_t at = server->sent_bytes - (head ? 0 : server->head_bytes);
		const char *data = head ? server->head : server->body;
		ssize_t put = write(server->fd, data + at,
				    (head ? server->head_bytes : server->body_bytes) - at);

		if (put > 0)
			server->sent_bytes += (size_t)put;
		else if (put < 0 && errno == EAGAIN)
			return;
		else if (put == 0 || errno != EINTR)
			server->fd = -1; /* QEMU is gone */
	}
}

static void tell(const struct seed_server *server, const char *status)
{
	static const char *const methods[] = { "GET", "POST", "another method for" };
	const struct http_request *request = &server->request;
	char text[HTTP_TARGET_MAX_BYTES + 64];

	if (!server->on_request)
		return;
	if (request->bad)
		snprintf(text, sizeof(text), "no request that is understood: %s", status);
	else
		snprintf(text, sizeof(text), "%s %s: %s", methods[request->method], request->target,
			 status);
	server->on_request(server->context, text);
}

/* No connection can be closed from here, so each answer has a length, and asks the client to close
 * it. */
static void answer(struct seed_server *server, const char *status, const char *field,
		   const char *body, size_t body_bytes)
{
	tell(server, status);
	server->requests++;
	server->body = body;
	server->body_bytes = body_bytes;
	server->head_bytes = (size_t)snprintf(
		server->head, sizeof(server->head),
		"HTTP/1.1 %s\r\n%sContent-Type: text/plain\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n",
		status, field, body_bytes);
	server->sent_bytes = 0;
	server->request = (struct http_request){ 0 };
	send_answer(server);
}

static void answer_request(struct seed_server *server)
{
	const struct http_request *request = &server->request;
	const char *name = request->target + 1;

	if (request->bad) {
		answer(server, "400 Bad Request", "", NULL, 0);
		return;
	}
	for (int i = 0; i < SEED_SERVER_FILES; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		if (request->method == HTTP_GET)
			answer(server, "200 OK", "", server->files[i], server->files_bytes[i]);
		else
			answer(server, "405 Method Not Allowed", "Allow: GET\r\n", NULL, 0);
		return;
	}
	if (strcmp(name, SEED_SERVER_PHONE_HOME) != 0) {
		answer(server, "404 Not Found", "", NULL, 0);
	} else if (request->method != HTTP_POST) {
		answer(server, "405 Method Not Allowed", "Allow: POST\r\n", NULL, 0);
	} else {
		phone_home_take(&server->phone_home, request->body, request->body_bytes);
		answer(server, "200 OK", "", NULL, 0);
	}
}

/* A client that sends a request before it has its answer does not wait for that any more: of
 * several requests that wait, the last one is answered. All is read at once: QEMU waits, with the
 * whole machine, until what it writes is taken. */
static void take(struct seed_server *server, const char *data, size_t size_bytes)
{
	for (size_t used = 0; used < size_bytes;) {
		if (server->request.whole)
			server->request = (struct http_request){ 0 };
		used += http_request_feed(&server->request, data + used, size_bytes - used);
		if (server->request.whole && is_sent(server))
			answer_request(server);
	}
}

struct pollfd seed_server_slot(const struct seed_server *server)
{
	return (struct pollfd){ .fd = server->fd,
				.events = (short)(POLLIN | (is_sent(server) ? 0 : POLLOUT)) };
}

void seed_server_step(struct seed_server *server, const struct pollfd *slot)
{
	char data[4096];
	ssize_t got;

	if (slot->fd < 0 || !slot->revents)
		return;
	if (slot->revents & POLLOUT) {
		send_answer(server);
		if (server->request.whole && is_sent(server))
			answer_request(server);
	}
	if (server->fd < 0 || !(slot->revents & (POLLIN | POLLHUP | POLLERR)))
		return;
	got = read(server->fd, data, sizeof(data));
	if (got > 0)
		take(server, data, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		server->fd = -1;
}
