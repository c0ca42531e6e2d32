/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gpt_text.h"

#define UNITS	      (GPT_NAME_BYTES / 2)
#define REPLACEMENT   0xfffd
#define HIGH_FIRST    0xd800
#define LOW_FIRST     0xdc00
#define LOW_LAST      0xdfff
#define FIRST_OF_PAIR 0x10000

void gpt_text_guid(const uint8_t bytes[static TABLE_GUID_BYTES], char out[static TABLE_GUID_CHARS])
{
	static const uint8_t order[TABLE_GUID_BYTES] = { 3, 2, 1,  0,  5,  4,  7,  6,
							 8, 9, 10, 11, 12, 13, 14, 15 };
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0;

	for (size_t i = 0; i < TABLE_GUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[used++] = '-';
		out[used++] = digits[bytes[order[i]] >> 4];
		out[used++] = digits[bytes[order[i]] & 15];
	}
	out[used] = '\0';
}

static unsigned unit_at(const uint8_t *bytes, size_t i)
{
	return i < UNITS ? bytes[2 * i] | (unsigned)bytes[2 * i + 1] << 8 : 0;
}

/* Of at most three bytes for one unit, or four for a pair: it always fits. */
static size_t encode(uint32_t code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < FIRST_OF_PAIR) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

void gpt_text_name(const uint8_t bytes[static GPT_NAME_BYTES], char out[static TABLE_NAME_CHARS])
{
	size_t used = 0;

	for (size_t i = 0; i < UNITS && unit_at(bytes, i) != 0; i++) {
		uint32_t code = unit_at(bytes, i), next = unit_at(bytes, i + 1);

		if (code >= HIGH_FIRST && code < LOW_FIRST && next >= LOW_FIRST &&
		    next <= LOW_LAST) {
			code = FIRST_OF_PAIR + ((code - HIGH_FIRST) << 10) + (next - LOW_FIRST);
			i++;
		} else if (code >= HIGH_FIRST && code <= LOW_LAST) {
			code = REPLACEMENT;
		}
		used += encode(code, out + used);
	}
	out[used] = '\0';
}
