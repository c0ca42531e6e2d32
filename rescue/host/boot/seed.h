/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed for cloud-init: the files of its datasource NoCloud on a small read-only disk with the
 * volume id "cidata". */
#ifndef BOOT_SEED_H
#define BOOT_SEED_H

#include "host/program.h"

#include <stdbool.h>

#define SEED_KEYS_MAX 8

/* Paths as the user gives them; NULL: not asked for. */
struct seed_wish {
	const char *user_data, *meta_data, *network_config; /* taken as they are */
	const char *ssh_keys[SEED_KEYS_MAX];		    /* public keys, one a line */
	size_t ssh_key_count;
	const char *password_file; /* its first line; "-": standard input */
	const char *hostname;
};

bool seed_is_wished(const struct seed_wish *wish);

/* Make it in the folder, as the file ret_path. Faults: usage (a file cannot be read, or is
 * no key), missing-program (xorriso), no-space, interrupted. */
int seed_make(const struct seed_wish *wish, const char *folder, const struct programs *programs,
	      char ret_path[PATH_MAX], struct fault *fault);

#endif
