/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of a qcow2 image, and the checks that come before QEMU sees it. The first
 * byte of the input says how long the file is: two to the power of that. */
#include "fuzz.h"

#include "host/image/qcow2.h"

#include <string.h>

/* Big-endian, read once more from the bytes. */
static uint64_t field(const uint8_t *data, size_t size_bytes, size_t at, size_t length)
{
	uint64_t value = 0;

	for (size_t i = 0; i < length; i++)
		value = value << 8 | (at + i < size_bytes ? data[at + i] : 0);
	return value;
}

/* A table lies within the file, which does not wrap around. */
static void judge_table(uint64_t at, uint64_t table_bytes, uint64_t cluster, uint64_t file_bytes)
{
	MUST(at % cluster == 0);
	MUST(table_bytes <= file_bytes);
	MUST(at <= file_bytes - table_bytes);
}

static void judge(const struct qcow2_header *header, uint64_t file_bytes)
{
	uint64_t cluster, entries, largest;

	MUST(header->version == 2 || header->version == 3);
	MUST(header->cluster_bits >= 9 && header->cluster_bits <= 21);
	MUST(header->crypt_method == 0);
	MUST((header->incompatible & ~UINT64_C(28)) == 0);
	MUST(header->version == 3 || header->incompatible == 0);
	MUST(header->version == 3 || header->snapshots == 0);
	MUST(header->snapshots <= 65536);
	MUST(header->backing_at == 0 || header->backing_bytes <= 1023);
	MUST(header->size_bytes % 512 == 0 && header->size_bytes < UINT64_C(1) << 63);
	cluster = qcow2_cluster_bytes(header);
	entries = cluster / qcow2_l2_entry_bytes(header);
	MUST(header->l1_entries <= 4194304);
	/* Divided, for the product may not fit. */
	MUST(header->size_bytes / cluster / entries <= header->l1_entries);
	if (header->l1_entries > 0)
		judge_table(header->l1_at, (uint64_t)header->l1_entries * 8, cluster, file_bytes);
	judge_table(header->refcount_at, header->refcount_clusters * cluster, cluster, file_bytes);
	MUST(header->refcount_clusters > 0);
	largest = qcow2_largest_bytes(header);
	MUST(largest % 512 == 0 && largest >= header->size_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct qcow2_header header;
	struct fault fault = { 0 };
	uint64_t file_bytes;

	if (size_bytes < 1)
		return 0;
	file_bytes = UINT64_C(1) << (data[0] & 63);
	data++;
	size_bytes--;
	if (qcow2_parse(data, size_bytes, &header) < 0) {
		MUST(size_bytes < 4 || memcmp(data, "QFI\xfb", 4) != 0);
		return 0;
	}
	MUST(header.version == field(data, size_bytes, 4, 4));
	MUST(header.size_bytes == field(data, size_bytes, 24, 8));
	MUST(header.l1_at == field(data, size_bytes, 40, 8));
	if (qcow2_check(&header, file_bytes, "NAME", &fault) < 0) {
		MUST(fault.reason != REASON_NONE && fault.message[0] && fault.hint[0]);
		return 0;
	}
	judge(&header, file_bytes);
	fuzz_accepted++;
	return 0;
}
