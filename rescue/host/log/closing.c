/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "closing.h"

#include "host/block/block.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FROM_END (UINT64_C(1) << 63) /* so many bytes before the end */

/* Each one that is there is one. UEFI 2.10, 5.3.2, for GPT; the kernel's headers for the others. */
static const struct signature {
	uint64_t at;
	const char *bytes;
	size_t size_bytes;
	bool of_table;
} signatures[] = {
#define SIGNATURE(at, bytes, of_table)                                                             \
	{                                                                                          \
		at, bytes, sizeof(bytes) - 1, of_table                                             \
	}
	SIGNATURE(510, "\x55\xaa", true),
	SIGNATURE(512, "EFI PART", true),
	SIGNATURE(4096, "EFI PART", true),
	SIGNATURE(FROM_END | 512, "EFI PART", true),
	SIGNATURE(FROM_END | 4096, "EFI PART", true),
	SIGNATURE(0, "XFSB", false),
	SIGNATURE(1024 + 56, "\x53\xef", false),
	SIGNATURE(1024, "\x10\x20\xf5\xf2", false),
	SIGNATURE(65536 + 64, "_BHRfS_M", false),
	SIGNATURE(0, "LUKS\xba\xbe", false),
	SIGNATURE(16384, "SKUL\xba\xbe", false), /* the second header of LUKS 2 */
	SIGNATURE(512, "LABELONE", false),
	SIGNATURE(0, "hsqs", false),
	SIGNATURE(4096 - 10, "SWAPSPACE2", false),
};

static int find(struct block_disk *disk, bool of_table, struct closing *closing,
		struct fault *fault)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		const struct signature *signature = &signatures[i];
		uint64_t at = signature->at & ~FROM_END;
		struct closing_mark *mark = &closing->marks[closing->count];

		if (signature->of_table != of_table ||
		    at + signature->size_bytes > disk->size_bytes)
			continue;
		if (signature->at & FROM_END)
			at = disk->size_bytes - at;
		if (block_read(disk, at, mark->bytes, signature->size_bytes, fault) < 0)
			return -1;
		if (memcmp(mark->bytes, signature->bytes, signature->size_bytes) != 0)
			continue;
		mark->at = at;
		mark->size_bytes = signature->size_bytes;
		if (++closing->count == CLOSING_MARKS_MAX)
			break;
	}
	return 0;
}

int closing_find(struct block_disk *disk, struct closing *ret_closing, struct fault *fault)
{
	ret_closing->count = 0;
	if (find(disk, true, ret_closing, fault) < 0 ||
	    (ret_closing->count == 0 && find(disk, false, ret_closing, fault) < 0))
		return -1;
	if (ret_closing->count > 0)
		return 0;
	return fault_set(fault, REASON_NOT_VERIFIED,
			 "The grown disk has no signature that is known");
}

int closing_look(struct block_disk *disk, const struct closing *closing, uint64_t sector_at,
		 bool *ret_closed, struct fault *fault)
{
	static const uint8_t zeros[CLOSING_BYTES_MAX];
	size_t zero = 0, others = 0;

	for (size_t i = 0; i < closing->count; i++) {
		const struct closing_mark *mark = &closing->marks[i];
		uint8_t bytes[CLOSING_BYTES_MAX];

		if (mark->at < sector_at || mark->at - sector_at >= TABLE_SECTOR_BYTES)
			continue;
		if (block_read(disk, mark->at, bytes, mark->size_bytes, fault) < 0)
			return -1;
		if (memcmp(bytes, zeros, mark->size_bytes) == 0)
			zero++;
		else
			others++;
	}
	*ret_closed = zero > 0 && others == 0;
	return 0;
}

static int put_all(const struct closing *closing, int fd, bool closed)
{
	static const uint8_t zeros[CLOSING_BYTES_MAX];

	for (size_t i = 0; i < closing->count; i++) {
		const struct closing_mark *mark = &closing->marks[i];
		ssize_t put =
			pwrite(fd, closed ? zeros : mark->bytes, mark->size_bytes, (off_t)mark->at);

		if (put == (ssize_t)mark->size_bytes)
			continue;
		if (put >= 0)
			errno = EIO;
		return -1;
	}
	return 0;
}

int closing_close(const struct closing *closing, int fd)
{
	return put_all(closing, fd, true);
}

int closing_open(const struct closing *closing, int fd)
{
	return put_all(closing, fd, false);
}

void closing_mask(const struct closing *closing, uint64_t at, uint8_t *bytes, size_t size_bytes)
{
	for (size_t i = 0; i < closing->count; i++) {
		const struct closing_mark *mark = &closing->marks[i];

		for (size_t n = 0; n < mark->size_bytes; n++)
			if (mark->at + n >= at && mark->at + n - at < size_bytes)
				bytes[mark->at + n - at] = 0;
	}
}
