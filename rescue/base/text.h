/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from untrusted places, and text for people. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_SIZE_CHARS 32 /* room for text_of_size */

/* Copy bytes as valid UTF-8 that is safe to show: each byte that is not part
 * of a valid sequence, and each character that could steer a terminal or
 * reorder text (C0, DEL, C1, line and paragraph separators, bidi controls),
 * becomes U+FFFD. Stops at NUL, at size_bytes, or when out is full (never in
 * the middle of a character). out_bytes counts the NUL and is at least 1. */
void text_make_safe(char *out, size_t out_bytes, const char *in, size_t size_bytes);

/* UTF-16LE, so many units or up to the first zero, as UTF-8. Half of a pair becomes U+FFFD;
 * what else is not safe to show is not changed. out has room for 3 * count + 1 bytes. */
void text_of_utf16le(char *out, const uint8_t *units, size_t count);

/* 8589934592 -> "8 GiB", 126877696 -> "121 MiB", 1000 -> "1000 bytes": at most
 * four significant digits, binary units, rounded down. */
const char *text_of_size(char out[TEXT_SIZE_CHARS], uint64_t size_bytes);

#endif
