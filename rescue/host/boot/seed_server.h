/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serve the files of a seed to one guest over HTTP, and take cloud-init's call home. The guest's
 * TCP ends in QEMU: what comes to us is one stream of bytes, a socket pair that QEMU inherits
 * (docs/decisions/20-seed-over-http.md). Nothing listens on the host. */
#ifndef BOOT_SEED_SERVER_H
#define BOOT_SEED_SERVER_H

#include "base/fault.h"
#include "http_request.h"
#include "phone_home.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* Where the guest finds it, on its own network. */
#define SEED_SERVER_ADDRESS    "10.0.2.100"
#define SEED_SERVER_PORT       "80"
#define SEED_SERVER_URL	       "http://" SEED_SERVER_ADDRESS "/"
#define SEED_SERVER_PHONE_HOME "phone-home"

#define SEED_SERVER_FILES 4

struct seed_server {
	char *files[SEED_SERVER_FILES]; /* owned */
	size_t files_bytes[SEED_SERVER_FILES];
	/* Called for each request with a text like "GET /meta-data: 200 OK"; NULL: nobody. */
	void (*on_request)(void *context, const char *text);
	void *context;

	/* Of one machine. */
	int fd;			/* borrowed, does not block; -1: none */
	unsigned long requests; /* good ones and bad ones */
	struct phone_home phone_home;
	struct http_request request; /* the one that comes in */
	char head[256];		     /* of the answer that goes out */
	size_t head_bytes;
	const char *body; /* points into a file */
	size_t body_bytes;
	size_t sent_bytes; /* of both */
};

/* Read the files from the folder: user-data and meta-data, network-config if it is there. Faults:
 * disk-io, no-memory. seed_server_close must follow, also after a failure. */
int seed_server_open(struct seed_server *server, const char *folder, struct fault *fault);
void seed_server_close(struct seed_server *server);

/* Begin anew, with a machine at the other end of fd. */
void seed_server_connect(struct seed_server *server, int fd);

/* For poll(2), and after it: take requests, send answers. */
struct pollfd seed_server_slot(const struct seed_server *server);
void seed_server_step(struct seed_server *server, const struct pollfd *slot);

#endif
