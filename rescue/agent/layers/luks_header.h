/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of LUKS: LUKS1 On-Disk Format 1.2.3, LUKS2 On-Disk Format 1.1.1. */
#ifndef LAYERS_LUKS_HEADER_H
#define LAYERS_LUKS_HEADER_H

#include "base/fault.h"

#include <stdint.h>

#define LUKS_UUID_BYTES	  40
#define LUKS_CIPHER_BYTES 72

struct luks_header {
	unsigned version;
	char uuid[LUKS_UUID_BYTES];
	char cipher[LUKS_CIPHER_BYTES]; /* "aes-xts-plain64" */
	uint64_t data_at_bytes;
	uint32_t sector_bytes; /* of the encryption */
	uint64_t memory_bytes; /* that a key slot needs at most to be opened */
};

/* Read it from the start of the device. What cannot be grown is refused by name. Faults:
 * layer-feature, layer-damaged, disk-io. */
int luks_header_read(int fd, struct luks_header *ret_header, struct fault *fault);

#endif
