/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_keys.h"

#include <stdio.h>
#include <string.h>

#define MARK	       "SSH HOST KEY FINGERPRINTS"
#define LETTERS	       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define SHA256	       "SHA256:"
#define SHA256_CHARS   43 /* 32 bytes in base64, without padding */
#define TYPE_MAX_CHARS 16

/* "256 SHA256:abc root@box (ED25519)", behind anything. */
static void add(struct host_keys *keys, const char *line)
{
	const char *print = strstr(line, SHA256), *type = strrchr(line, '(');
	size_t type_chars;
	char text[HOST_KEY_BYTES];

	if (!print || !type || type < print || keys->count == HOST_KEYS_MAX)
		return;
	print += strlen(SHA256);
	type++;
	type_chars = strspn(type, LETTERS "-");
	if (strspn(print, LETTERS "+/") != SHA256_CHARS || print[SHA256_CHARS] != ' ' ||
	    type_chars == 0 || type_chars > TYPE_MAX_CHARS || type[type_chars] != ')')
		return;
	snprintf(text, sizeof(text), SHA256 "%.*s (%.*s)", SHA256_CHARS, print, (int)type_chars,
		 type);
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->list[i], text) == 0)
			return;
	strcpy(keys->list[keys->count++], text);
}

void host_keys_take(struct host_keys *keys, const char *line)
{
	if (strstr(line, "-----BEGIN " MARK))
		keys->inside = true;
	else if (strstr(line, "-----END " MARK))
		keys->inside = false;
	else if (keys->inside)
		add(keys, line);
}
