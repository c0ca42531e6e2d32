/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of grow-disk: the words of the input, which NUL bytes part. */
#include "fuzz.h"

#include "host/grow/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 64

/* A text of the command line lies in one of its words. */
static void judge_text(const char *text, const char *words, size_t size_bytes)
{
	MUST(!text || (text >= words && text <= words + size_bytes));
}

static void judge(const struct grow_options *options, const char *words, size_t size_bytes)
{
	judge_text(options->image, words, size_bytes);
	judge_text(options->size, words, size_bytes);
	if (options->partition_by >= PARTITION_BY_LABEL)
		judge_text(options->partition_value, words, size_bytes);
	judge_text(options->work_dir, words, size_bytes);
	judge_text(options->events, words, size_bytes);
	judge_text(options->keep_log, words, size_bytes);
	if (options->common.help || options->common.version)
		return;
	MUST(options->image);
	MUST(!options->size || options->size[0] != '\0');
	MUST(options->leave_bytes <= INT64_MAX && options->leave_bytes % 512 == 0);
	MUST(options->partition <= 1024);
	MUST((options->partition_value[0] != '\0') ==
	     (options->partition_by >= PARTITION_BY_LABEL));
	MUST(strlen(options->partition_value) < REQUEST_VALUE_BYTES);
	MUST(options->wait_lock_seconds <= 99999);
	MUST((options->rtc_unix_s > 0) == (options->rtc[0] != '\0'));
	MUST(strlen(options->rtc) < sizeof(options->rtc));
	MUST(!options->keep_failed || options->verb == GROW_VERB_GROW);
	MUST(!options->size || options->verb == GROW_VERB_GROW || options->verb == GROW_VERB_PLAN);
	fuzz_accepted++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	char *words = malloc(size_bytes + 1), *argv[WORDS_MAX + 1] = { (char[]){ "grow" } };
	struct grow_options options;
	struct fault fault = { 0 };
	int argc = 1;

	MUST(words);
	if (size_bytes > 0)
		memcpy(words, data, size_bytes);
	words[size_bytes] = '\0';
	for (size_t at = 0; at < size_bytes && argc < WORDS_MAX; at += strlen(words + at) + 1)
		argv[argc++] = words + at;
	optind = 0; /* begin anew */
	if (grow_options_parse(argc, argv, &options, &fault) == 0) {
		judge(&options, words, size_bytes);
	} else {
		MUST(fault.reason == REASON_USAGE || fault.reason == REASON_SIZE_INVALID);
		MUST(fault.message[0] != '\0' && fault.hint[0] != '\0');
	}
	free(words);
	return 0;
}
