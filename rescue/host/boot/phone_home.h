/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cloud-init sends home when it is done: its module phone_home posts a form. Pure; the bytes
 * are the guest's. */
#ifndef BOOT_PHONE_HOME_H
#define BOOT_PHONE_HOME_H

#include <stdbool.h>
#include <stddef.h>

#define PHONE_HOME_NAME_BYTES 256
#define PHONE_HOME_KEY_BYTES  1024 /* a key of RSA with 4096 bits has some 750 */
#define PHONE_HOME_KEYS_MAX   4

/* Texts are safe to show; "": not told, or too long. Zero-initialise. */
struct phone_home {
	bool called;
	char instance_id[PHONE_HOME_NAME_BYTES];
	char hostname[PHONE_HOME_NAME_BYTES];
	char fqdn[PHONE_HOME_NAME_BYTES];
	char keys[PHONE_HOME_KEYS_MAX][PHONE_HOME_KEY_BYTES]; /* public keys of the host for ssh */
	size_t key_count;
};

/* Read the form (application/x-www-form-urlencoded) of a call: it replaces an earlier one. */
void phone_home_take(struct phone_home *phone_home, const char *form, size_t size_bytes);

#endif
