/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "size.h"

#include "base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define SECTOR_BYTES   512
#define SIZE_MAX_BYTES UINT64_C(9223372036854775296) /* whole sectors in 63 bits */

/* A size as it is written. */
struct written {
	bool relative;
	const char *whole; /* digits */
	size_t whole_chars;
	const char *fraction; /* digits behind the point, or NULL */
	size_t fraction_chars;
	uint64_t unit_bytes;
};

static int refuse(const char *text, const char *why, struct fault *fault)
{
	char safe[100];

	text_make_safe(safe, sizeof(safe), text, strlen(text));
	fault_set(fault, REASON_SIZE_INVALID, "'%s' is not a size%s%s", safe, why[0] ? ": " : "",
		  why);
	return fault_hint(fault, "Write it as for qemu-img: 8G, +2G, 1.5T, or bytes; K, M, G, T, P "
				 "and E count in steps of 1024");
}

/* 0: there is no such unit. */
static uint64_t unit_bytes(const char *suffix)
{
	static const char units[] = "BKMGTPE";
	const char *found;

	if (suffix[0] == '\0')
		return 1;
	found = strchr(units, toupper((unsigned char)suffix[0]));
	return found && suffix[1] == '\0' ? UINT64_C(1) << 10 * (found - units) : 0;
}

static int read_written(const char *text, struct written *ret_written, struct fault *fault)
{
	struct written written = { .relative = text[0] == '+' };
	const char *at = text + written.relative;

	if (at[0] == '-')
		return refuse(text, "grow-disk only makes disks larger", fault);
	written.whole = at;
	written.whole_chars = strspn(at, "0123456789");
	at += written.whole_chars;
	if (at[0] == '.') {
		written.fraction = at + 1;
		written.fraction_chars = strspn(at + 1, "0123456789");
		at += 1 + written.fraction_chars;
	}
	if (written.whole_chars == 0 || (written.fraction && written.fraction_chars == 0))
		return refuse(text, "", fault);
	written.unit_bytes = unit_bytes(at);
	if (written.unit_bytes == 0)
		return refuse(text, "there is no such unit", fault);
	*ret_written = written;
	return 0;
}

static bool add_whole(const struct written *written, uint64_t *bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < written->whole_chars; i++) {
		if (number > SIZE_MAX_BYTES / 10)
			return false;
		number = number * 10 + (uint64_t)(written->whole[i] - '0');
	}
	if (number > SIZE_MAX_BYTES / written->unit_bytes)
		return false;
	*bytes = number * written->unit_bytes;
	return true;
}

/* From the last digit to the first, so that nothing is lost on the way. */
static uint64_t fraction_bytes(const struct written *written)
{
	uint64_t bytes = 0;

	for (size_t i = written->fraction_chars; i > 0; i--)
		bytes = ((uint64_t)(written->fraction[i - 1] - '0') * written->unit_bytes + bytes) /
			10;
	return bytes;
}

static uint64_t whole_sectors(uint64_t bytes)
{
	return (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
}

static int count(const char *text, const struct written *written, uint64_t before_bytes,
		 uint64_t *ret_bytes, struct fault *fault)
{
	uint64_t bytes = 0, room = SIZE_MAX_BYTES;

	if (!add_whole(written, &bytes))
		return refuse(text, "no disk is that large", fault);
	if (written->fraction) {
		if (written->unit_bytes == 1)
			return refuse(text, "a size has whole bytes", fault);
		bytes += fraction_bytes(written);
	}
	if (written->relative)
		room = before_bytes < room ? room - before_bytes : 0;
	if (bytes > room)
		return refuse(text, "no disk is that large", fault);
	*ret_bytes = whole_sectors(bytes + (written->relative ? before_bytes : 0));
	return 0;
}

static int refuse_smaller(const char *text, uint64_t before_bytes, struct fault *fault)
{
	char size[TEXT_SIZE_CHARS];

	fault_set(fault, REASON_SIZE_SMALLER,
		  "%.60s is less than the present %" PRIu64 " bytes (%s) of the disk", text,
		  before_bytes, text_of_size(size, before_bytes));
	if (strspn(text, "0123456789") == strlen(text))
		return fault_hint(fault, "%.60s without a unit means bytes; write %.60sG for GiB",
				  text, text);
	return fault_hint(fault, "grow-disk never shrinks a disk");
}

/* The least power of two that is not less. */
static int round_up(uint64_t *bytes, struct fault *fault)
{
	uint64_t power = SECTOR_BYTES;

	while (power < *bytes && power <= SIZE_MAX_BYTES / 2)
		power *= 2;
	if (power < *bytes) {
		fault_set(fault, REASON_SIZE_INVALID,
			  "The next power of two is larger than any disk");
		return fault_hint(fault, "Omit --size-power-of-two");
	}
	*bytes = power;
	return 0;
}

int size_resolve(const char *text, uint64_t before_bytes, bool power_of_two,
		 uint64_t *ret_after_bytes, struct fault *fault)
{
	struct written written = { 0 };

	*ret_after_bytes = before_bytes;
	if (text && (read_written(text, &written, fault) < 0 ||
		     count(text, &written, before_bytes, ret_after_bytes, fault) < 0))
		return -1;
	if (power_of_two && round_up(ret_after_bytes, fault) < 0)
		return -1;
	return *ret_after_bytes >= before_bytes ? 0 : refuse_smaller(text, before_bytes, fault);
}
