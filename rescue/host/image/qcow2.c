/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qcow2.h"

#include <inttypes.h>
#include <string.h>

#define KNOWN_FEATURES                                                                             \
	(QCOW2_DIRTY | QCOW2_CORRUPT | QCOW2_DATA_FILE | QCOW2_COMPRESSION | QCOW2_EXTENDED_L2)
#define CLUSTER_BITS_MIN	 9
#define CLUSTER_BITS_MAX	 21
#define SNAPSHOTS_MAX		 65536
#define REFCOUNT_TABLE_MAX_BYTES 8388608
#define REFCOUNT_ORDER_MAX	 6

static const uint8_t magic[] = { 'Q', 'F', 'I', 0xfb };

bool qcow2_has_magic(const uint8_t *bytes, size_t size_bytes)
{
	return size_bytes >= sizeof(magic) && memcmp(bytes, magic, sizeof(magic)) == 0;
}

/* Big-endian; 0 where the file has ended. */
static uint64_t number(const uint8_t *bytes, size_t size_bytes, size_t at, size_t length)
{
	uint64_t value = 0;

	for (size_t i = at; i < at + length; i++)
		value = value << 8 | (i < size_bytes ? bytes[i] : 0);
	return value;
}

int qcow2_parse(const uint8_t *bytes, size_t size_bytes, struct qcow2_header *ret_header)
{
	bool has_features;

	if (!qcow2_has_magic(bytes, size_bytes))
		return -1;
	*ret_header = (struct qcow2_header){
		.version = (uint32_t)number(bytes, size_bytes, 4, 4),
		.backing_at = number(bytes, size_bytes, 8, 8),
		.backing_bytes = (uint32_t)number(bytes, size_bytes, 16, 4),
		.cluster_bits = (uint32_t)number(bytes, size_bytes, 20, 4),
		.size_bytes = number(bytes, size_bytes, 24, 8),
		.crypt_method = (uint32_t)number(bytes, size_bytes, 32, 4),
		.l1_entries = (uint32_t)number(bytes, size_bytes, 36, 4),
		.l1_at = number(bytes, size_bytes, 40, 8),
		.refcount_at = number(bytes, size_bytes, 48, 8),
		.refcount_clusters = (uint32_t)number(bytes, size_bytes, 56, 4),
		.snapshots = (uint32_t)number(bytes, size_bytes, 60, 4),
	};
	has_features = ret_header->version != 2;
	if (has_features) {
		ret_header->incompatible = number(bytes, size_bytes, 72, 8);
		ret_header->autoclear = number(bytes, size_bytes, 88, 8);
		ret_header->refcount_order = (uint32_t)number(bytes, size_bytes, 96, 4);
		ret_header->header_bytes = (uint32_t)number(bytes, size_bytes, 100, 4);
	}
	return 0;
}

static int absurd(struct fault *fault, const char *name, const char *what, uint64_t value)
{
	fault_set(fault, REASON_IMAGE_CORRUPT, "The qcow2 header of %.300s is invalid: %s %" PRIu64,
		  name, what, value);
	return fault_hint(fault, "Restore it from a backup");
}

static int check_version(const struct qcow2_header *header, const char *name, struct fault *fault)
{
	if (header->version != 2 && header->version != 3) {
		fault_set(fault, REASON_IMAGE_FORMAT,
			  "%.300s is a qcow2 of version %" PRIu32 "; grow-disk knows 2 and 3", name,
			  header->version);
		return fault_hint(fault, "Convert it with qemu-img convert");
	}
	if (header->cluster_bits < CLUSTER_BITS_MIN || header->cluster_bits > CLUSTER_BITS_MAX)
		return absurd(fault, name, "clusters of two to the power of", header->cluster_bits);
	return 0;
}

static int check_features(const struct qcow2_header *header, const char *name, struct fault *fault)
{
	if (header->incompatible & ~(uint64_t)KNOWN_FEATURES) {
		fault_set(fault, REASON_IMAGE_FORMAT,
			  "%.300s uses qcow2 features that this grow-disk does not know", name);
		return fault_hint(fault, "Convert it with the qemu-img that made it");
	}
	if (header->incompatible & QCOW2_CORRUPT) {
		fault_set(fault, REASON_IMAGE_CORRUPT, "QEMU has marked %.300s as corrupt", name);
		return fault_hint(fault, "Make a copy, then repair it: qemu-img check -r all");
	}
	if (header->incompatible & QCOW2_DIRTY) {
		fault_set(fault, REASON_IMAGE_DIRTY,
			  "The program that last used %.300s did not close it properly", name);
		return fault_hint(fault, "Make a copy, then repair it: qemu-img check -r all");
	}
	if (header->crypt_method != 0) {
		fault_set(fault, REASON_IMAGE_ENCRYPTED, "%.300s is an encrypted qcow2 image",
			  name);
		return fault_hint(fault, "Convert it to an image without encryption first");
	}
	return 0;
}

/* A table begins with a cluster and ends within the file. */
static bool is_within(const struct qcow2_header *header, uint64_t file_bytes, uint64_t at,
		      uint64_t bytes)
{
	return at % qcow2_cluster_bytes(header) == 0 && at < file_bytes && bytes <= file_bytes - at;
}

static int check_l1(const struct qcow2_header *header, uint64_t file_bytes, const char *name,
		    struct fault *fault)
{
	uint64_t cluster = qcow2_cluster_bytes(header);
	uint64_t clusters = header->size_bytes / cluster + (header->size_bytes % cluster != 0);

	if (header->size_bytes % 512 != 0 || header->size_bytes >= QCOW2_SIZE_MAX)
		return absurd(fault, name, "a disk with a number of bytes of", header->size_bytes);
	if (header->l1_entries > QCOW2_L1_ENTRIES_MAX ||
	    header->l1_entries * (cluster / qcow2_l2_entry_bytes(header)) < clusters)
		return absurd(fault, name, "entries in the first-level table:", header->l1_entries);
	if (header->l1_entries > 0 &&
	    !is_within(header, file_bytes, header->l1_at, (uint64_t)header->l1_entries * 8))
		return absurd(fault, name, "the first-level table would be at byte", header->l1_at);
	return 0;
}

static int check_refcounts(const struct qcow2_header *header, uint64_t file_bytes, const char *name,
			   struct fault *fault)
{
	uint64_t cluster = qcow2_cluster_bytes(header);

	if (header->refcount_clusters < 1 ||
	    header->refcount_clusters > REFCOUNT_TABLE_MAX_BYTES / cluster + 1)
		return absurd(fault, name,
			      "clusters in the refcount table:", header->refcount_clusters);
	if (!is_within(header, file_bytes, header->refcount_at,
		       header->refcount_clusters * cluster))
		return absurd(fault, name, "the refcount table would be at byte",
			      header->refcount_at);
	if (header->version != 3)
		return 0;
	if (header->refcount_order > REFCOUNT_ORDER_MAX)
		return absurd(fault, name, "reference counts of two to the power of",
			      header->refcount_order);
	if (header->header_bytes < QCOW2_HEADER_BYTES || header->header_bytes > cluster)
		return absurd(fault, name, "a header with a number of bytes of",
			      header->header_bytes);
	return 0;
}

int qcow2_check(const struct qcow2_header *header, uint64_t file_bytes, const char *name,
		struct fault *fault)
{
	if (check_version(header, name, fault) < 0 || check_features(header, name, fault) < 0)
		return -1;
	if (header->backing_at != 0 && header->backing_bytes > QCOW2_BACKING_MAX)
		return absurd(fault, name,
			      "bytes in the name of its backing file:", header->backing_bytes);
	if (header->snapshots > SNAPSHOTS_MAX)
		return absurd(fault, name, "internal snapshots:", header->snapshots);
	if (header->snapshots > 0 && header->version == 2) {
		fault_set(fault, REASON_IMAGE_SNAPSHOTS_V2,
			  "%.300s has internal snapshots, and only qcow2 version 3 can be grown "
			  "with them",
			  name);
		return fault_hint(fault, "Convert it to version 3: qemu-img amend -o compat=1.1");
	}
	if (check_l1(header, file_bytes, name, fault) < 0)
		return -1;
	return check_refcounts(header, file_bytes, name, fault);
}

uint64_t qcow2_cluster_bytes(const struct qcow2_header *header)
{
	return UINT64_C(1) << header->cluster_bits;
}

uint64_t qcow2_l2_entry_bytes(const struct qcow2_header *header)
{
	return header->incompatible & QCOW2_EXTENDED_L2 ? 16 : 8;
}

uint64_t qcow2_largest_bytes(const struct qcow2_header *header)
{
	uint64_t cluster = qcow2_cluster_bytes(header);
	uint64_t largest = QCOW2_L1_ENTRIES_MAX * (cluster / qcow2_l2_entry_bytes(header));

	return largest > QCOW2_SIZE_MAX / cluster ? QCOW2_SIZE_MAX : largest * cluster;
}
