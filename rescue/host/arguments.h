/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command lines of all verbs have in common, around getopt_long(3). Each function
 * takes optarg, or the words of argv, and fills the fault "usage" with a sentence that names
 * the culprit. */
#ifndef HOST_ARGUMENTS_H
#define HOST_ARGUMENTS_H

#include "base/fault.h"
#include "rtc.h"

#include <getopt.h>
#include <stdbool.h>

struct arguments {
	const char *program; /* "grow-disk", for the hint */
	const struct option *options;
	/* A word that begins with - and a digit is no option; NULL: there is none of that name.
	 * Always -1. */
	int (*refuse_negative)(const char *word, struct fault *fault);
};

/* What every command for people takes: rows of its table of options, and where they go. */
struct arguments_common {
	bool help, version, quiet, verbose;
};
#define ARGUMENTS_COMMON                                                                           \
	{ "quiet", no_argument, NULL, 'q' }, { "verbose", no_argument, NULL, 'v' },                \
		{ "help", no_argument, NULL, 'h' },                                                \
	{                                                                                          \
		"version", no_argument, NULL, 'V'                                                  \
	}

/* Take the options of a command line up to the first of --help and --version. take gets the others,
 * by code, with its own context. optind is the first operand afterwards. */
int arguments_take(const struct arguments *arguments, int argc, char *argv[],
		   int (*take)(void *context, int code, struct fault *fault), void *context,
		   struct arguments_common *ret_common, struct fault *fault);

/* The fault "usage"; word (may be NULL) stands in the format, safe to show. Always -1. */
int arguments_refuse(const struct arguments *arguments, struct fault *fault, const char *format,
		     const char *word) __attribute__((format(printf, 3, 0)));
int arguments_refuse_value(const struct arguments *arguments, int code, struct fault *fault);

/* The word that getopt_long has just refused. */
const char *arguments_culprit(char *const argv[]);

/* An option that getopt_long does not know, or that lacks its value. */
int arguments_refuse_option(const struct arguments *arguments, int code, char *const argv[],
			    struct fault *fault);

/* The place of the value in a list that NULL ends; a number within bounds; a text that is not
 * empty. */
int arguments_word(const struct arguments *arguments, int code, const char *const *words,
		   int *ret_place, struct fault *fault);
int arguments_number(const struct arguments *arguments, int code, unsigned smallest,
		     unsigned largest, unsigned *ret_number, struct fault *fault);
int arguments_text(const struct arguments *arguments, int code, const char **ret_text,
		   struct fault *fault);

/* The value of --rtc, see rtc.h. */
int arguments_rtc(const struct arguments *arguments, int64_t *ret_unix_s, char ret_text[RTC_BYTES],
		  struct fault *fault);

/* The words of --format and --accel. */
extern const char *const arguments_formats[];
extern const char *const arguments_accels[];

#endif
