/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The qcow2 header, by fixed offsets. Source: docs/interop/qcow2.txt of QEMU; the
 * limits are those of QEMU's block/qcow2.h. Pure: bytes in, values out. */
#ifndef IMAGE_QCOW2_H
#define IMAGE_QCOW2_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QCOW2_HEADER_BYTES   104 /* of version 3, without extensions */
#define QCOW2_BACKING_MAX    1023
#define QCOW2_L1_ENTRIES_MAX 4194304
#define QCOW2_SIZE_MAX	     UINT64_C(9223372036854775296) /* whole sectors in 63 bits */

enum qcow2_incompatible {
	QCOW2_DIRTY = 1,
	QCOW2_CORRUPT = 2,
	QCOW2_DATA_FILE = 4,
	QCOW2_COMPRESSION = 8,
	QCOW2_EXTENDED_L2 = 16
};

#define QCOW2_AUTOCLEAR_BITMAPS 1

struct qcow2_header {
	uint32_t version;
	uint64_t backing_at;
	uint32_t backing_bytes;
	uint32_t cluster_bits;
	uint64_t size_bytes; /* of the disk */
	uint32_t crypt_method;
	uint32_t l1_entries;
	uint64_t l1_at;
	uint64_t refcount_at;
	uint32_t refcount_clusters;
	uint32_t snapshots;
	uint64_t incompatible, autoclear; /* 0 in version 2 */
	uint32_t refcount_order;
	uint32_t header_bytes;
};

bool qcow2_has_magic(const uint8_t *bytes, size_t size_bytes);

/* Read the first bytes of a file; what is not there is 0. -1: it has no magic. */
int qcow2_parse(const uint8_t *bytes, size_t size_bytes, struct qcow2_header *ret_header);

/* Refuse what makes no sense, what QEMU marked as damaged, and what is not grown, before
 * QEMU sees the file. name: for the sentences. Faults: image-format, image-corrupt,
 * image-dirty, image-encrypted, image-snapshots-v2. Whether a backing file or a data file
 * is accepted is the caller's question. */
int qcow2_check(const struct qcow2_header *header, uint64_t file_bytes, const char *name,
		struct fault *fault);

/* Bytes of one cluster; of one entry of a second-level table. After qcow2_check. */
uint64_t qcow2_cluster_bytes(const struct qcow2_header *header);
uint64_t qcow2_l2_entry_bytes(const struct qcow2_header *header);

/* The largest disk that its first-level table can describe. After qcow2_check. */
uint64_t qcow2_largest_bytes(const struct qcow2_header *header);

#endif
