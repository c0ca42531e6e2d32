/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include "host/arguments.h"

#include <limits.h>
#include <string.h>

#define OPERANDS 3

enum code { CODE_PROGRAM = 256, CODE_FORMAT, CODE_ALLOW_BACKING }; /* no characters */

static const struct option long_options[] = {
	{ "program", required_argument, NULL, CODE_PROGRAM },
	{ "format", required_argument, NULL, CODE_FORMAT },
	{ "allow-backing", no_argument, NULL, CODE_ALLOW_BACKING },
	{ "verbose", no_argument, NULL, 'v' },
	{ 0 },
};

static int take(const struct arguments *arguments, struct overlay_options *options, int code,
		struct fault *fault)
{
	int place = 0, result;

	switch (code) {
	case CODE_PROGRAM:
		return arguments_text(arguments, code, &options->program, fault);
	case CODE_FORMAT:
		result = arguments_word(arguments, code, arguments_formats, &place, fault);
		options->format = place == 0 ? FORMAT_RAW : FORMAT_QCOW2;
		return result;
	case CODE_ALLOW_BACKING:
		options->allow_backing = true;
		return 0;
	default:
		options->verbose = true;
		return 0;
	}
}

int overlay_options_parse(int argc, char *argv[], struct overlay_options *ret_options,
			  struct fault *fault)
{
	struct arguments arguments = { .program = "trace-boot", .options = long_options };
	int code;

	*ret_options = (struct overlay_options){ .program = "grow-disk-host overlay" };
	opterr = 0; /* the sentence is ours */
	while ((code = getopt_long(argc, argv, ":v", long_options, NULL)) != -1) {
		if (code == ':' || code == '?')
			return arguments_refuse_option(&arguments, code, argv, fault);
		if (take(&arguments, ret_options, code, fault) < 0)
			return -1;
	}
	if (argc - optind != OPERANDS)
		return arguments_refuse(&arguments, fault,
					"An image, an overlay and a size are needed%s", NULL);
	ret_options->image = argv[optind];
	ret_options->overlay = argv[optind + 1];
	ret_options->size = argv[optind + 2];
	if (strlen(ret_options->overlay) < PATH_MAX)
		return 0;
	return arguments_refuse(&arguments, fault, "The name of the overlay is too long%s", NULL);
}
