/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arguments.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const arguments_formats[] = { "raw", "qcow2", NULL };
const char *const arguments_accels[] = { "auto", "kvm", "hvf", "tcg", "native", NULL };

static int hint(const struct arguments *arguments, struct fault *fault)
{
	return fault_hint(fault, "See %s --help", arguments->program);
}

int arguments_refuse(const struct arguments *arguments, struct fault *fault, const char *format,
		     const char *word)
{
	char safe[200] = "", message[sizeof(fault->message)];

	if (word)
		text_make_safe(safe, sizeof(safe), word, strlen(word));
	snprintf(message, sizeof(message), format, safe);
	fault_set(fault, REASON_USAGE, "%s", message);
	return hint(arguments, fault);
}

static const char *name_of(const struct arguments *arguments, int code)
{
	for (size_t i = 0; arguments->options[i].name; i++)
		if (arguments->options[i].val == code)
			return arguments->options[i].name;
	return "?";
}

int arguments_refuse_value(const struct arguments *arguments, int code, struct fault *fault)
{
	char safe[128];

	text_make_safe(safe, sizeof(safe), optarg, strlen(optarg));
	fault_set(fault, REASON_USAGE, "--%s cannot be '%s'", name_of(arguments, code), safe);
	return hint(arguments, fault);
}

/* getopt_long goes on to the next word only after the last letter of "-qv". */
const char *arguments_culprit(char *const argv[])
{
	const char *before = argv[optind - 1];
	size_t length = strlen(before);

	if (optopt <= 0 || optopt > UCHAR_MAX || !argv[optind] || argv[optind][0] != '-' ||
	    !strchr(argv[optind], optopt) ||
	    (length > 1 && before[0] == '-' && (unsigned char)before[length - 1] == optopt))
		return before;
	return argv[optind];
}

int arguments_refuse_option(const struct arguments *arguments, int code, char *const argv[],
			    struct fault *fault)
{
	return arguments_refuse(arguments, fault,
				code == ':' ? "%s needs a value" : "There is no option %s",
				arguments_culprit(argv));
}

/* With the words that it can be: "it is raw or qcow2". */
static int refuse_word(const struct arguments *arguments, int code, const char *const *words,
		       struct fault *fault)
{
	char safe[128], list[128];
	size_t used = 0;

	for (int i = 0; words[i] && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 i == 0		? ""
					 : words[i + 1] ? ", "
							: " or ",
					 words[i]);
	text_make_safe(safe, sizeof(safe), optarg, strlen(optarg));
	fault_set(fault, REASON_USAGE, "--%s cannot be '%s': it is %s", name_of(arguments, code),
		  safe, list);
	return hint(arguments, fault);
}

int arguments_word(const struct arguments *arguments, int code, const char *const *words,
		   int *ret_place, struct fault *fault)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], optarg) != 0)
			continue;
		*ret_place = i;
		return 0;
	}
	return refuse_word(arguments, code, words, fault);
}

int arguments_number(const struct arguments *arguments, int code, unsigned smallest,
		     unsigned largest, unsigned *ret_number, struct fault *fault)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(optarg, &end, 10);
	if (optarg[0] < '0' || optarg[0] > '9' || *end != '\0' || errno != 0 || number < smallest ||
	    number > largest)
		return arguments_refuse_value(arguments, code, fault);
	*ret_number = (unsigned)number;
	return 0;
}

int arguments_text(const struct arguments *arguments, int code, const char **ret_text,
		   struct fault *fault)
{
	if (optarg[0] == '\0')
		return arguments_refuse_value(arguments, code, fault);
	*ret_text = optarg;
	return 0;
}

int arguments_rtc(const struct arguments *arguments, int64_t *ret_unix_s, char ret_text[RTC_BYTES],
		  struct fault *fault)
{
	if (rtc_parse(optarg, ret_unix_s, ret_text) == 0)
		return 0;
	return arguments_refuse(arguments, fault,
				"--rtc cannot be '%s': write it as 2038-01-19T03:14:00Z", optarg);
}

/* Is it one of struct arguments_common? */
static bool take_common(int code, struct arguments_common *common)
{
	bool *place = code == 'h'   ? &common->help
		      : code == 'V' ? &common->version
		      : code == 'q' ? &common->quiet
		      : code == 'v' ? &common->verbose
				    : NULL;

	if (place)
		*place = true;
	return place != NULL;
}

int arguments_take(const struct arguments *arguments, int argc, char *argv[],
		   int (*take)(void *context, int code, struct fault *fault), void *context,
		   struct arguments_common *ret_common, struct fault *fault)
{
	int code;

	*ret_common = (struct arguments_common){ 0 };
	opterr = 0; /* the sentence is ours */
	while ((code = getopt_long(argc, argv, ":qvhV", arguments->options, NULL)) != -1) {
		if (code == '?' && optopt >= '0' && optopt <= '9' && arguments->refuse_negative)
			return arguments->refuse_negative(arguments_culprit(argv), fault);
		if (code == ':' || code == '?')
			return arguments_refuse_option(arguments, code, argv, fault);
		if (!take_common(code, ret_common) && take(context, code, fault) < 0)
			return -1;
		if (ret_common->help || ret_common->version)
			return 0;
	}
	return 0;
}
