/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options_values.h"

#include "base/text.h"
#include "wire/request.h"

#include <regex.h>
#include <string.h>

#define PARTITION_MAX 1024

int options_partition(const struct arguments *arguments, int code, struct grow_options *options,
		      struct fault *fault)
{
	static const struct {
		const char *prefix;
		enum partition_by by;
	} kinds[] = { { "LABEL=", PARTITION_BY_LABEL },
		      { "UUID=", PARTITION_BY_UUID },
		      { "PARTLABEL=", PARTITION_BY_PARTLABEL },
		      { "PARTUUID=", PARTITION_BY_PARTUUID } };
	char safe[REQUEST_VALUE_BYTES];

	options->partition = 0;
	options->partition_value = "";
	if (strcmp(optarg, "/") == 0 || strcmp(optarg, "root") == 0) {
		options->partition_by = PARTITION_BY_ROOT;
		return 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *value = optarg + strlen(kinds[i].prefix);

		if (strncmp(optarg, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
			continue;
		/* It goes to the guest, as JSON, whole. */
		text_make_safe(safe, sizeof(safe), value, strlen(value));
		if (value[0] == '\0' || strcmp(safe, value) != 0)
			return arguments_refuse_value(arguments, code, fault);
		options->partition_by = kinds[i].by;
		options->partition_value = value;
		return 0;
	}
	options->partition_by = PARTITION_BY_NUMBER;
	return arguments_number(arguments, code, 1, PARTITION_MAX, &options->partition, fault);
}

int options_volume(const struct arguments *arguments, int code, struct grow_options *options,
		   struct fault *fault)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+_.-/";

	if (arguments_text(arguments, code, &options->volume, fault) < 0)
		return -1;
	if (strlen(options->volume) < REQUEST_VOLUME_BYTES &&
	    strspn(options->volume, letters) == strlen(options->volume))
		return 0;
	return arguments_refuse(arguments, fault, "'%s' is no name of a logical volume",
				options->volume);
}

int options_prove_boot(const struct arguments *arguments, int code, struct grow_options *options,
		       struct fault *fault)
{
	regex_t expect;

	options->prove_boot = true;
	options->prove_expect = optarg;
	if (!optarg)
		return 0;
	if (regcomp(&expect, optarg, REG_EXTENDED | REG_NOSUB) != 0)
		return arguments_refuse_value(arguments, code, fault);
	regfree(&expect);
	return 0;
}
