/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "luks_header.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "wire/member.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC_BYTES   6
#define MAGIC	      "LUKS\xba\xbe"
#define SECOND_MAGIC  "SKUL\xba\xbe"
#define LUKS1_SECTOR  512
#define BINARY_BYTES  4096 /* of a LUKS2 header; the JSON is behind it */
#define HEADER_MIN    (16 << 10)
#define HEADER_MAX    (4 << 20)
#define SIZE_AT	      8
#define SEQUENCE_AT   16
#define LABEL_AT      24
#define LABEL_END     72
#define UUID2_AT      168
#define SUBSYSTEM_END 256
#define LUKS1_UUID_AT 168
#define LUKS1_DATA_AT 104

static int read_at(int fd, uint64_t at_bytes, void *out, size_t size_bytes, struct fault *fault)
{
	ssize_t got = pread(fd, out, size_bytes, (off_t)at_bytes);

	if (got == (ssize_t)size_bytes)
		return 0;
	return fault_set_errno(fault, REASON_DISK_IO, got < 0 ? errno : EIO,
			       "the header of LUKS cannot be read");
}

/* A text that its room ends, or a NUL. */
static void take_text(char *out, size_t out_bytes, const uint8_t *bytes, size_t size_bytes)
{
	text_make_safe(out, out_bytes, (const char *)bytes, size_bytes);
}

static int unknown(struct fault *fault, const char *what)
{
	return fault_set(fault, REASON_LAYER_FEATURE, "the LUKS partition %s", what);
}

static int read_first(const uint8_t *bytes, struct luks_header *header, struct fault *fault)
{
	char name[33], mode[33];

	take_text(name, sizeof(name), bytes + 8, 32);
	take_text(mode, sizeof(mode), bytes + 40, 32);
	snprintf(header->cipher, sizeof(header->cipher), "%s-%s", name, mode);
	take_text(header->uuid, sizeof(header->uuid), bytes + LUKS1_UUID_AT, 40);
	header->data_at_bytes = (uint64_t)be32_at(bytes + LUKS1_DATA_AT) * LUKS1_SECTOR;
	header->sector_bytes = LUKS1_SECTOR;
	return header->data_at_bytes > 0 ? 0 : unknown(fault, "has a detached header");
}

static int damaged(struct fault *fault, const char *what)
{
	fault_set(fault, REASON_LAYER_DAMAGED, "the header of LUKS2 %s", what);
	return fault_hint(fault, "on a copy of the disk, cryptsetup repair can rebuild one copy of "
				 "the header from the other");
}

/* cryptsetup would mend a damaged copy of the header on its way, and nothing here may change it:
 * both copies have to say the same. Apart from that they have each their magic, salt, place and
 * checksum. */
static int check_second(const uint8_t *first, const uint8_t *second, size_t size_bytes,
			struct fault *fault)
{
	if (memcmp(second, SECOND_MAGIC, MAGIC_BYTES) != 0)
		return damaged(fault, "has no second copy");
	if (memcmp(first + MAGIC_BYTES, second + MAGIC_BYTES, LABEL_END - MAGIC_BYTES) != 0 ||
	    memcmp(first + UUID2_AT, second + UUID2_AT, SUBSYSTEM_END - UUID2_AT) != 0 ||
	    memcmp(first + BINARY_BYTES, second + BINARY_BYTES, size_bytes - BINARY_BYTES) != 0)
		return damaged(fault, "has two copies that contradict each other");
	return 0;
}

static uint64_t number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_string(value) ? strtoull(json_string_value(value), NULL, 10)
				     : (uint64_t)json_integer_value(value);
}

static int check_requirements(const json_t *root, struct fault *fault)
{
	const json_t *config = json_object_get(root, "config");
	const json_t *list = json_object_get(json_object_get(config, "requirements"), "mandatory");
	const char *first = json_string_value(json_array_get(list, 0));
	char safe[64];

	if (json_array_size(list) == 0)
		return 0;
	if (first && strstr(first, "reencrypt"))
		return unknown(fault, "is in the middle of a reencryption");
	text_make_safe(safe, sizeof(safe), first ? first : "", first ? strlen(first) : 0);
	return fault_set(fault, REASON_LAYER_FEATURE,
			 "the LUKS partition requires \"%s\", which is not known", safe);
}

/* One, which ends where the device does. */
static int read_segment(const json_t *root, struct luks_header *header, struct fault *fault)
{
	const json_t *segments = json_object_get(root, "segments");
	const json_t *segment = json_object_get(segments, "0");

	if (json_object_size(segments) != 1 || strcmp(member_text(segment, "type"), "crypt") != 0)
		return unknown(fault, "has not exactly one encrypted segment");
	if (json_object_get(segment, "integrity"))
		return unknown(fault, "protects the integrity of its data (dm-integrity)");
	if (strcmp(member_text(segment, "size"), "dynamic") != 0)
		return unknown(fault, "has a segment of fixed size");
	header->data_at_bytes = number(segment, "offset");
	header->sector_bytes = (uint32_t)number(segment, "sector_size");
	take_text(header->cipher, sizeof(header->cipher),
		  (const uint8_t *)member_text(segment, "encryption"),
		  strlen(member_text(segment, "encryption")));
	if (header->data_at_bytes == 0)
		return unknown(fault, "has a detached header");
	if (header->sector_bytes < 512 || header->sector_bytes > 4096 ||
	    (header->sector_bytes & (header->sector_bytes - 1)) != 0)
		return unknown(fault, "has sectors of an impossible size");
	return 0;
}

static int read_json(const char *text, size_t size_bytes, struct luks_header *header,
		     struct fault *fault)
{
	json_error_t error;
	json_t *root = json_loadb(text, strnlen(text, size_bytes), 0, &error), *slot;
	const char *name;
	int result;

	if (!root)
		return damaged(fault, "is no JSON");
	result = check_requirements(root, fault);
	if (result == 0)
		result = read_segment(root, header, fault);
	json_object_foreach (json_object_get(root, "keyslots"), name, slot) {
		uint64_t memory_bytes = number(json_object_get(slot, "kdf"), "memory") * 1024;

		if (memory_bytes > header->memory_bytes)
			header->memory_bytes = memory_bytes;
	}
	json_decref(root);
	return result;
}

static int read_second_version(int fd, const uint8_t *start, struct luks_header *header,
			       struct fault *fault)
{
	uint64_t size_bytes = be64_at(start + SIZE_AT);
	cleanup_free uint8_t *copies = NULL;

	if (size_bytes < HEADER_MIN || size_bytes > HEADER_MAX)
		return damaged(fault, "has an impossible size");
	take_text(header->uuid, sizeof(header->uuid), start + UUID2_AT, 40);
	copies = malloc(2 * size_bytes);
	if (!copies)
		return fault_set(fault, REASON_NO_MEMORY, "no memory for the header of LUKS");
	if (read_at(fd, 0, copies, 2 * size_bytes, fault) < 0 ||
	    check_second(copies, copies + size_bytes, size_bytes, fault) < 0)
		return -1;
	return read_json((const char *)copies + BINARY_BYTES, size_bytes - BINARY_BYTES, header,
			 fault);
}

int luks_header_read(int fd, struct luks_header *ret_header, struct fault *fault)
{
	uint8_t start[LUKS1_SECTOR * 2];
	struct luks_header header = { 0 };
	int result;

	if (read_at(fd, 0, start, sizeof(start), fault) < 0)
		return -1;
	if (memcmp(start, MAGIC, MAGIC_BYTES) != 0)
		return damaged(fault, "has no first copy");
	header.version = be16_at(start + MAGIC_BYTES);
	if (header.version == 1)
		result = read_first(start, &header, fault);
	else if (header.version == 2)
		result = read_second_version(fd, start, &header, fault);
	else
		result = unknown(fault, "has an unknown version");
	if (result == 0)
		*ret_header = header;
	return result;
}
