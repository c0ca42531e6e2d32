/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fingerprints of a system's host keys for ssh, which cloud-init shows on the console: lines as
 * ssh-keygen -l has them, between two marks. Pure. The guest is not trusted: what is taken has
 * letters, digits and a few signs alone. */
#ifndef BOOT_HOST_KEYS_H
#define BOOT_HOST_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#define HOST_KEYS_MAX  8
#define HOST_KEY_BYTES 96

/* Zero-initialise. */
struct host_keys {
	char list[HOST_KEYS_MAX][HOST_KEY_BYTES]; /* "SHA256:... (ED25519)" */
	size_t count;
	bool inside; /* between the marks */
};

/* Take a whole line of the console. A fingerprint that is there already counts once. */
void host_keys_take(struct host_keys *keys, const char *line);

#endif
