/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "phone_home.h"

#include "base/text.h"

#include <string.h>

#define NOT_AVAILABLE "N/A" /* cloud-init's word */
#define KEY_PREFIX    "pub_key_"

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int)(found - digits) % 16 : -1;
}

/* Undo the encoding, without blanks and newlines at the end. "" if it is too long: half a key is
 * worse than none. */
static void decode(char *out, size_t out_bytes, const char *text, size_t size_bytes)
{
	char plain[PHONE_HOME_KEY_BYTES];
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < size_bytes; i++) {
		char byte = text[i] == '+' ? ' ' : text[i];

		if (byte == '%' && size_bytes - i > 2 && hex_digit(text[i + 1]) >= 0 &&
		    hex_digit(text[i + 2]) >= 0) {
			byte = (char)(16 * hex_digit(text[i + 1]) + hex_digit(text[i + 2]));
			i += 2;
		}
		if (used == sizeof(plain))
			return;
		plain[used++] = byte;
	}
	while (used > 0 && (plain[used - 1] == ' ' || plain[used - 1] == '\n'))
		used--;
	if (used < out_bytes)
		text_make_safe(out, out_bytes, plain, used);
	if (strcmp(out, NOT_AVAILABLE) == 0)
		out[0] = '\0';
}

static bool is(const char *name, size_t name_bytes, const char *text)
{
	return name_bytes == strlen(text) && memcmp(name, text, name_bytes) == 0;
}

static void take_key(struct phone_home *phone_home, const char *value, size_t value_bytes)
{
	char *key = phone_home->keys[phone_home->key_count];

	if (phone_home->key_count == PHONE_HOME_KEYS_MAX)
		return;
	decode(key, PHONE_HOME_KEY_BYTES, value, value_bytes);
	if (key[0] != '\0')
		phone_home->key_count++;
}

static void take_pair(struct phone_home *phone_home, const char *pair, size_t size_bytes)
{
	const char *equals = size_bytes > 0 ? memchr(pair, '=', size_bytes) : NULL;
	const char *value = equals ? equals + 1 : pair + size_bytes;
	size_t name_bytes = equals ? (size_t)(equals - pair) : size_bytes;
	size_t value_bytes = size_bytes - (size_t)(value - pair);

	if (is(pair, name_bytes, "instance_id"))
		decode(phone_home->instance_id, PHONE_HOME_NAME_BYTES, value, value_bytes);
	else if (is(pair, name_bytes, "hostname"))
		decode(phone_home->hostname, PHONE_HOME_NAME_BYTES, value, value_bytes);
	else if (is(pair, name_bytes, "fqdn"))
		decode(phone_home->fqdn, PHONE_HOME_NAME_BYTES, value, value_bytes);
	else if (name_bytes > strlen(KEY_PREFIX) &&
		 memcmp(pair, KEY_PREFIX, strlen(KEY_PREFIX)) == 0)
		take_key(phone_home, value, value_bytes);
}

void phone_home_take(struct phone_home *phone_home, const char *form, size_t size_bytes)
{
	*phone_home = (struct phone_home){ .called = true };
	while (size_bytes > 0) {
		const char *end = memchr(form, '&', size_bytes);
		size_t pair_bytes = end ? (size_t)(end - form) : size_bytes;
		size_t used = pair_bytes + (end ? 1 : 0);

		take_pair(phone_home, form, pair_bytes);
		form += used;
		size_bytes -= used;
	}
}
