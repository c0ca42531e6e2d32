/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "superblock.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CRC32C_REVERSED 0x82f63b78u
#define CRC_BYTES	4

int superblock_open(const struct fs_target *target, struct fault *fault)
{
	int fd = open(target->path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd
		       : fault_set_errno(fault, REASON_DISK_IO, errno, "%.100s cannot be opened",
					 target->path);
}

ssize_t superblock_read_most(int fd, uint64_t at_bytes, void *out, size_t size_bytes,
			     struct fault *fault)
{
	size_t done = 0;

	while (done < size_bytes) {
		ssize_t got =
			pread(fd, (char *)out + done, size_bytes - done, (off_t)(at_bytes + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fault_set_errno(fault, REASON_DISK_IO, errno,
					       "the file system cannot be read");
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int superblock_read(int fd, uint64_t at_bytes, void *out, size_t size_bytes, struct fault *fault)
{
	ssize_t got = superblock_read_most(fd, at_bytes, out, size_bytes, fault);

	if (got < 0)
		return -1;
	return (size_t)got == size_bytes
		       ? 0
		       : fault_set(fault, REASON_DISK_IO,
				   "the file system cannot be read: it ends before byte %llu",
				   (unsigned long long)(at_bytes + size_bytes));
}

uint32_t superblock_crc32c(const uint8_t *bytes, size_t size_bytes, size_t hole)
{
	uint32_t crc = ~UINT32_C(0);

	for (size_t i = 0; i < size_bytes; i++) {
		crc ^= i >= hole && i - hole < CRC_BYTES ? 0 : bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32C_REVERSED : 0);
	}
	return ~crc;
}

void superblock_uuid(const uint8_t bytes[static 16], char out[static FS_UUID_BYTES])
{
	for (size_t i = 0, used = 0; i < 16; i++)
		used += (size_t)snprintf(out + used, FS_UUID_BYTES - used, "%s%02x",
					 i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
					 bytes[i]);
}

void superblock_label(const uint8_t *bytes, size_t size_bytes, char out[static FS_LABEL_BYTES])
{
	text_make_safe(out, FS_LABEL_BYTES, (const char *)bytes,
		       strnlen((const char *)bytes, size_bytes));
}

static const char *name_of(unsigned bit, const struct bit_name *names, size_t name_count)
{
	for (size_t i = 0; i < name_count; i++)
		if (names[i].bit == bit)
			return names[i].name;
	return NULL;
}

void superblock_name_bits(char *out, size_t out_bytes, uint64_t bits, const struct bit_name *names,
			  size_t name_count)
{
	size_t used = strlen(out);

	for (unsigned bit = 0; bit < 64 && used < out_bytes; bit++) {
		const char *name = name_of(bit, names, name_count);
		char number[16];

		if ((bits & UINT64_C(1) << bit) == 0)
			continue;
		snprintf(number, sizeof(number), "bit %u", bit);
		used += (size_t)snprintf(out + used, out_bytes - used, "%s%s", used ? ", " : "",
					 name ? name : number);
	}
}
