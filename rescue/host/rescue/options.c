/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include "host/guest.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_MIN_MIB 64
#define MEMORY_MAX_MIB 59999

enum code {
	CODE_FIRST = 256, /* not a character */
	CODE_WRITE,
	CODE_YES,
	CODE_SHARE,
	CODE_SHARE_RW,
	CODE_RTC,
	CODE_MEMORY,
	CODE_APPEND,
	CODE_ACCEL,
	CODE_GUEST_ARCH,
	CODE_FORMAT,
	CODE_ALLOW_BACKING
};

static const struct option long_options[] = {
	{ "write", no_argument, NULL, CODE_WRITE },
	{ "yes", no_argument, NULL, CODE_YES },
	{ "share", required_argument, NULL, CODE_SHARE },
	{ "share-rw", no_argument, NULL, CODE_SHARE_RW },
	{ "rtc", required_argument, NULL, CODE_RTC },
	{ "memory", required_argument, NULL, CODE_MEMORY },
	{ "append", required_argument, NULL, CODE_APPEND },
	{ "accel", required_argument, NULL, CODE_ACCEL },
	{ "guest-arch", required_argument, NULL, CODE_GUEST_ARCH },
	{ "format", required_argument, NULL, CODE_FORMAT },
	{ "allow-backing", no_argument, NULL, CODE_ALLOW_BACKING },
	ARGUMENTS_COMMON,
	{ 0 },
};

static const struct arguments arguments = { .program = "rescue-disk", .options = long_options };

static int usage(struct fault *fault, const char *format, const char *word)
{
	return arguments_refuse(&arguments, fault, format, word);
}

static int take_value(struct rescue_options *options, int code, struct fault *fault)
{
	int place = 0, result;

	switch (code) {
	case CODE_SHARE:
		return arguments_text(&arguments, code, &options->share.directory, fault);
	case CODE_APPEND:
		return arguments_text(&arguments, code, &options->append, fault);
	case CODE_RTC:
		return arguments_rtc(&arguments, &options->rtc_unix_s, options->rtc, fault);
	case CODE_MEMORY:
		return arguments_number(&arguments, code, MEMORY_MIN_MIB, MEMORY_MAX_MIB,
					&options->memory_mib, fault);
	case CODE_GUEST_ARCH:
		result = arguments_word(&arguments, code, guest_arch_words, &place, fault);
		options->guest_arch = (enum guest_arch)place;
		return result;
	case CODE_FORMAT:
		result = arguments_word(&arguments, code, arguments_formats, &place, fault);
		options->format = place == 0 ? FORMAT_RAW : FORMAT_QCOW2;
		return result;
	default:
		result = arguments_word(&arguments, code, arguments_accels, &place, fault);
		options->accel = (enum accel)place;
		return result;
	}
}

static int take(void *context, int code, struct fault *fault)
{
	struct rescue_options *options = context;

	switch (code) {
	case CODE_WRITE:
		options->write = true;
		return 0;
	case CODE_YES:
		options->yes = true;
		return 0;
	case CODE_SHARE_RW:
		options->share.writable = true;
		return 0;
	case CODE_ALLOW_BACKING:
		options->allow_backing = true;
		return 0;
	default:
		return take_value(options, code, fault);
	}
}

/* Each word in quotes of sh: 'it'\''s'. -1: there is no room for it. */
static int quote(char *command, size_t command_bytes, const char *word)
{
	size_t used = strlen(command);
	const char *blank = used > 0 ? " '" : "'";

	if (used + strlen(word) + 5 >= command_bytes)
		return -1;
	strcat(command, blank);
	used += strlen(blank);
	for (; *word; word++) {
		const char *text = *word == '\'' ? "'\\''" : (char[]){ *word, '\0' };

		if (used + strlen(text) + 2 >= command_bytes)
			return -1;
		strcpy(command + used, text);
		used += strlen(text);
	}
	strcpy(command + used, "'");
	return 0;
}

static int take_command(struct rescue_options *options, char *const *words, struct fault *fault)
{
	json_t *text;

	if (!words[0])
		return usage(fault, "Behind -- the command is missing%s", NULL);
	for (; *words; words++) {
		if (quote(options->command, sizeof(options->command), *words) == 0)
			continue;
		fault_set(fault, REASON_USAGE, "The command is longer than %d bytes",
			  REQUEST_COMMAND_BYTES - 1);
		return fault_hint(fault, "Put it into a file in a --share directory");
	}
	text = json_string(options->command);
	json_decref(text);
	if (text)
		return 0;
	fault_set(fault, REASON_USAGE, "The command is not UTF-8, so the guest cannot get it");
	return fault_hint(fault, "Put it into a file in a --share directory");
}

static int check(const struct rescue_options *options, struct fault *fault)
{
	bool terminal = isatty(STDIN_FILENO);

	if (options->share.writable && !options->share.directory)
		return usage(fault, "--share-rw needs --share%s", NULL);
	if (options->yes && !options->write)
		return usage(fault, "--yes goes only with --write%s", NULL);
	if (options->command[0] == '\0' && !terminal)
		return usage(fault,
			     "A shell needs a terminal; without one, name a command: rescue-disk "
			     "IMAGE -- COMMAND%s",
			     NULL);
	if (options->write && !options->yes && !terminal)
		return usage(fault, "--write needs a terminal for the confirmation, or --yes%s",
			     NULL);
	return 0;
}

/* The place of "--", which getopt_long does not tell; argc if there is none. */
static int find_end(int argc, char *const argv[])
{
	int end = 1;

	while (end < argc && strcmp(argv[end], "--") != 0)
		end++;
	return end;
}

int rescue_options_parse(int argc, char *argv[], struct rescue_options *ret_options,
			 struct fault *fault)
{
	int end = find_end(argc, argv);

	*ret_options = (struct rescue_options){ .memory_mib = 256 };
	if (guest_arch_wish(&ret_options->guest_arch, fault) < 0 ||
	    arguments_take(&arguments, end, argv, take, ret_options, &ret_options->common, fault) <
		    0)
		return -1;
	if (ret_options->common.help || ret_options->common.version)
		return 0;
	if (optind >= end)
		return usage(fault, "The name of an image is missing%s", NULL);
	if (end - optind > 1)
		return usage(fault, "'%s' is one operand too many; put a command after --",
			     argv[optind + 1]);
	ret_options->image = argv[optind];
	if (end < argc && take_command(ret_options, argv + end + 1, fault) < 0)
		return -1;
	return check(ret_options, fault);
}
