/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include "bytes.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD in UTF-8 */

/* Decode one UTF-8 sequence (RFC 3629: no overlong forms, no surrogates, at
 * most U+10FFFF). Returns its length in bytes, or 0 if it is not valid. */
static size_t decode_utf8(const unsigned char *in, size_t size_bytes, uint32_t *ret_code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length;
	uint32_t code;

	if (in[0] < 0x80) {
		*ret_code = in[0];
		return 1;
	}
	length = (in[0] & 0xe0) == 0xc0	  ? 2
		 : (in[0] & 0xf0) == 0xe0 ? 3
		 : (in[0] & 0xf8) == 0xf0 ? 4
					  : 0;
	if (length == 0 || length > size_bytes)
		return 0;
	code = in[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((in[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (in[i] & 0x3fu);
	}
	if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return length;
}

static bool is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c ||
	       (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

void text_make_safe(char *out, size_t out_bytes, const char *in, size_t size_bytes)
{
	const unsigned char *rest = (const unsigned char *)in;
	size_t used = 0;

	while (size_bytes > 0 && *rest != '\0') {
		uint32_t code;
		size_t taken = decode_utf8(rest, size_bytes, &code);
		bool keep = taken > 0 && !is_unsafe(code);
		size_t length = keep ? taken : strlen(REPLACEMENT);

		if (used + length >= out_bytes)
			break;
		memcpy(out + used, keep ? (const char *)rest : REPLACEMENT, length);
		used += length;
		if (taken == 0)
			taken = 1;
		rest += taken;
		size_bytes -= taken;
	}
	out[used] = '\0';
}

const char *text_of_size(char out[TEXT_SIZE_CHARS], uint64_t size_bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t whole = size_bytes, remainder = 0;
	size_t unit = 0;

	if (size_bytes < 1024) {
		snprintf(out, TEXT_SIZE_CHARS, "%" PRIu64 " bytes", size_bytes);
		return out;
	}
	for (; whole >= 1024 && unit < sizeof(units) / sizeof(units[0]); unit++) {
		remainder = whole % 1024;
		whole /= 1024;
	}
	remainder = remainder * 10 / 1024;
	if (whole < 100 && remainder > 0)
		snprintf(out, TEXT_SIZE_CHARS, "%" PRIu64 ".%" PRIu64 " %s", whole, remainder,
			 units[unit - 1]);
	else
		snprintf(out, TEXT_SIZE_CHARS, "%" PRIu64 " %s", whole, units[unit - 1]);
	return out;
}

#define REPLACEMENT_CODE 0xfffd
#define HIGH_FIRST	 0xd800
#define LOW_FIRST	 0xdc00
#define LOW_LAST	 0xdfff
#define FIRST_OF_PAIR	 0x10000

static unsigned unit_at(const uint8_t *units, size_t count, size_t i)
{
	return i < count ? le16_at(units + 2 * i) : 0;
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

void text_of_utf16le(char *out, const uint8_t *units, size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count && unit_at(units, count, i) != 0; i++) {
		uint32_t code = unit_at(units, count, i), next = unit_at(units, count, i + 1);

		if (code >= HIGH_FIRST && code < LOW_FIRST && next >= LOW_FIRST &&
		    next <= LOW_LAST) {
			code = FIRST_OF_PAIR + ((code - HIGH_FIRST) << 10) + (next - LOW_FIRST);
			i++;
		} else if (code >= HIGH_FIRST && code <= LOW_LAST) {
			code = REPLACEMENT_CODE;
		}
		used += encode(code, out + used);
	}
	out[used] = '\0';
}
