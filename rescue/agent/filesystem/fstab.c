/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fstab.h"

#include <stdio.h>
#include <string.h>

static const struct prefix {
	const char *text;
	enum partition_by by;
} prefixes[] = {
	{ "UUID=", PARTITION_BY_UUID },
	{ "LABEL=", PARTITION_BY_LABEL },
	{ "PARTUUID=", PARTITION_BY_PARTUUID },
	{ "PARTLABEL=", PARTITION_BY_PARTLABEL },
	{ "/dev/disk/by-uuid/", PARTITION_BY_UUID },
	{ "/dev/disk/by-label/", PARTITION_BY_LABEL },
	{ "/dev/disk/by-partuuid/", PARTITION_BY_PARTUUID },
	{ "/dev/disk/by-partlabel/", PARTITION_BY_PARTLABEL },
	{ "/dev/mapper/", PARTITION_BY_NUMBER },
};

/* A piece of the text. */
struct word {
	const char *at;
	size_t length;
};

/* The next word of the line that ends there; of length 0: there is none. */
static struct word next_word(const char **at, const char *end)
{
	struct word word;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	word.at = *at;
	while (*at < end && **at != ' ' && **at != '\t')
		(*at)++;
	word.length = (size_t)(*at - word.at);
	return word;
}

static bool is_word(struct word word, const char *text)
{
	return word.length == strlen(text) && memcmp(word.at, text, word.length) == 0;
}

/* A value may stand in quotes. */
static bool take_value(struct word value, char out[static REQUEST_VALUE_BYTES])
{
	if (value.length >= 2 && value.at[0] == '"' && value.at[value.length - 1] == '"')
		value = (struct word){ value.at + 1, value.length - 2 };
	if (value.length == 0 || value.length >= REQUEST_VALUE_BYTES ||
	    memchr(value.at, '\0', value.length))
		return false;
	memcpy(out, value.at, value.length);
	out[value.length] = '\0';
	return true;
}

/* "/dev/vg-0/root" is "/dev/mapper/vg--0-root". */
static bool take_volume(struct word device, char out[static REQUEST_VALUE_BYTES])
{
	static const char dev[] = "/dev/";
	size_t used = (size_t)snprintf(out, REQUEST_VALUE_BYTES, "/dev/mapper/");
	unsigned slashes = 0;

	if (device.length <= strlen(dev) || memcmp(device.at, dev, strlen(dev)) != 0)
		return false;
	for (size_t i = strlen(dev); i < device.length; i++) {
		const char byte = device.at[i];

		if (byte == '\0' || used + 3 > REQUEST_VALUE_BYTES)
			return false;
		slashes += byte == '/';
		out[used++] = byte == '/' ? '-' : byte;
		if (byte == '-')
			out[used++] = '-';
	}
	out[used] = '\0';
	return slashes == 1;
}

static bool take_device(struct word device, struct fstab_root *ret_root)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t length = strlen(prefixes[i].text);
		/* Of the device mapper the whole name counts. */
		size_t skipped = prefixes[i].by == PARTITION_BY_NUMBER ? 0 : length;

		if (device.length < length || memcmp(device.at, prefixes[i].text, length) != 0)
			continue;
		ret_root->by = prefixes[i].by;
		return take_value((struct word){ device.at + skipped, device.length - skipped },
				  ret_root->value);
	}
	ret_root->by = PARTITION_BY_NUMBER;
	return take_volume(device, ret_root->value);
}

bool fstab_find_root(const char *text, size_t size_bytes, struct fstab_root *ret_root)
{
	const char *end = text + size_bytes;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;
		const char *at = text;
		struct word device = next_word(&at, line_end);

		if (device.length > 0 && device.at[0] != '#' &&
		    is_word(next_word(&at, line_end), "/"))
			return take_device(device, ret_root);
		text = newline ? newline + 1 : end;
	}
	return false;
}
