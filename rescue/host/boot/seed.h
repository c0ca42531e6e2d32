/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed for cloud-init: the files of its datasource NoCloud. They get to the guest on a disk
 * (seed_iso.h) or over HTTP (seed_server.h). */
#ifndef BOOT_SEED_H
#define BOOT_SEED_H

#include "base/fault.h"
#include "host/interrupt.h"

#include <stdbool.h>
#include <stddef.h>

#define SEED_KEYS_MAX 8

enum seed_way { SEED_ISO, SEED_HTTP };

/* Paths as the user gives them, "-": standard input; NULL: not asked for. */
struct seed_wish {
	bool asked; /* for a way, though nothing may be said of what is in it */
	enum seed_way way;
	const char *user_data, *meta_data, *network_config; /* taken as they are */
	const char *ssh_keys[SEED_KEYS_MAX];		    /* public keys, one a line */
	size_t ssh_key_count;
	const char *password_file; /* its first line */
	const char *hostname;
};

bool seed_is_wished(const struct seed_wish *wish);

/* How many of its files are standard input, which can be read only once. */
size_t seed_inputs(const struct seed_wish *wish);

/* Write its files into the folder. Faults: usage (a file cannot be read, is no key, or a password
 * that cannot be one), interrupted, no-space, disk-io, no-memory. */
int seed_write(const struct seed_wish *wish, const char *folder, struct interrupt *interrupt,
	       struct fault *fault);

#endif
