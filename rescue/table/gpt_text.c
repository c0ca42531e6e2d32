/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gpt_text.h"

#include "base/text.h"

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

void gpt_text_name(const uint8_t bytes[static GPT_NAME_BYTES], char out[static TABLE_NAME_CHARS])
{
	text_of_utf16le(out, bytes, GPT_NAME_BYTES / 2);
}
