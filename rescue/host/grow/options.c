/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include "host/guest.h"
#include "host/size.h"
#include "options_values.h"

#include <string.h>

#define WAIT_SECONDS_MAX 99999
#define PROVE_SECONDS	 600
#define QUIET_SECONDS	 240
#define PROVE_MAX	 99999

enum code {
	CODE_FIRST = 256, /* not a character */
	CODE_PLAN,
	CODE_RECOVER,
	CODE_DISCARD,
	CODE_PARTITION,
	CODE_PARTITION_ONLY,
	CODE_MOVE_SWAP,
	CODE_LEAVE,
	CODE_POWER_OF_TWO,
	CODE_VOLUME,
	CODE_KEY_FILE,
	CODE_REPAIR,
	CODE_FORMAT,
	CODE_ALLOW_BACKING,
	CODE_ALLOW_TRUNCATED,
	CODE_ACCEL,
	CODE_GUEST_ARCH,
	CODE_NO_WARM,
	CODE_RTC,
	CODE_WORK_DIR,
	CODE_WAIT_LOCK,
	CODE_JSON,
	CODE_EVENTS,
	CODE_KEEP_FAILED,
	CODE_KEEP_LOG,
	CODE_PROVE_BOOT,
	CODE_PROVE_TIMEOUT,
	CODE_PROVE_QUIET,
	CODE_FIRMWARE,
	CODE_ATTACH,
	CODE_METRICS,
	CODE_LOG
};

static const struct option long_options[] = {
	{ "plan", no_argument, NULL, CODE_PLAN },
	{ "recover", no_argument, NULL, CODE_RECOVER },
	{ "discard", no_argument, NULL, CODE_DISCARD },
	{ "partition", required_argument, NULL, CODE_PARTITION },
	{ "partition-only", no_argument, NULL, CODE_PARTITION_ONLY },
	{ "move-swap", no_argument, NULL, CODE_MOVE_SWAP },
	{ "leave", required_argument, NULL, CODE_LEAVE },
	{ "size-power-of-two", no_argument, NULL, CODE_POWER_OF_TWO },
	{ "volume", required_argument, NULL, CODE_VOLUME },
	{ "key-file", required_argument, NULL, CODE_KEY_FILE },
	{ "repair", required_argument, NULL, CODE_REPAIR },
	{ "format", required_argument, NULL, CODE_FORMAT },
	{ "allow-backing", no_argument, NULL, CODE_ALLOW_BACKING },
	{ "allow-truncated", no_argument, NULL, CODE_ALLOW_TRUNCATED },
	{ "accel", required_argument, NULL, CODE_ACCEL },
	{ "guest-arch", required_argument, NULL, CODE_GUEST_ARCH },
	{ "no-warm", no_argument, NULL, CODE_NO_WARM },
	{ "rtc", required_argument, NULL, CODE_RTC },
	{ "work-dir", required_argument, NULL, CODE_WORK_DIR },
	{ "wait-lock", required_argument, NULL, CODE_WAIT_LOCK },
	{ "json", no_argument, NULL, CODE_JSON },
	{ "events", required_argument, NULL, CODE_EVENTS },
	{ "keep-failed", no_argument, NULL, CODE_KEEP_FAILED },
	{ "keep-log", required_argument, NULL, CODE_KEEP_LOG },
	{ "prove-boot", optional_argument, NULL, CODE_PROVE_BOOT },
	{ "prove-timeout", required_argument, NULL, CODE_PROVE_TIMEOUT },
	{ "prove-quiet", required_argument, NULL, CODE_PROVE_QUIET },
	{ "firmware", required_argument, NULL, CODE_FIRMWARE },
	{ "attach", required_argument, NULL, CODE_ATTACH },
	{ "metrics", required_argument, NULL, CODE_METRICS },
	{ "log", required_argument, NULL, CODE_LOG },
	ARGUMENTS_COMMON,
	{ 0 },
};

const char *grow_verb_word(enum grow_verb verb)
{
	static const char *const words[] = { "grow", "plan", "recover", "discard" };

	return words[verb];
}

static const char *const log_words[] = { "journal", "syslog", NULL };

static int refuse_negative(const char *word, struct fault *fault)
{
	fault_set(fault, REASON_SIZE_INVALID,
		  "'%.100s' is not a size: grow-disk only makes disks larger", word);
	return fault_hint(fault, "For a file with that name, write ./%.100s", word);
}

static const struct arguments arguments = { .program = "grow-disk",
					    .options = long_options,
					    .refuse_negative = refuse_negative };

static int usage(struct fault *fault, const char *format, const char *word)
{
	return arguments_refuse(&arguments, fault, format, word);
}

static int take_verb(struct grow_options *options, enum grow_verb verb, struct fault *fault)
{
	if (options->verb != GROW_VERB_GROW && options->verb != verb) {
		fault_set(fault, REASON_USAGE, "--%s and --%s cannot be combined",
			  grow_verb_word(options->verb), grow_verb_word(verb));
		return fault_hint(fault, "See grow-disk --help");
	}
	options->verb = verb;
	return 0;
}

static int take_boot_value(struct grow_options *options, int code, struct fault *fault)
{
	int place = 0, result;

	switch (code) {
	case CODE_PROVE_BOOT:
		return options_prove_boot(&arguments, code, options, fault);
	case CODE_PROVE_QUIET:
		return arguments_number(&arguments, code, 1, PROVE_MAX,
					&options->prove_quiet_seconds, fault);
	case CODE_PROVE_TIMEOUT:
		return arguments_number(&arguments, code, 1, PROVE_MAX, &options->prove_seconds,
					fault);
	case CODE_FIRMWARE:
		result = arguments_word(&arguments, code, firmware_words, &place, fault);
		options->firmware = (enum firmware)place;
		return result;
	default:
		result = arguments_word(&arguments, code, attach_words, &place, fault);
		options->attach = (enum attach)place;
		return result;
	}
}

static int take_value(struct grow_options *options, int code, struct fault *fault)
{
	int place = 0, result;

	switch (code) {
	case CODE_PROVE_BOOT:
	case CODE_PROVE_QUIET:
	case CODE_PROVE_TIMEOUT:
	case CODE_FIRMWARE:
	case CODE_ATTACH:
		return take_boot_value(options, code, fault);
	case CODE_PARTITION:
		return options_partition(&arguments, code, options, fault);
	case CODE_LEAVE:
		return size_resolve(optarg, 0, false, &options->leave_bytes, fault);
	case CODE_KEY_FILE:
		return arguments_text(&arguments, code, &options->key_file, fault);
	case CODE_VOLUME:
		return options_volume(&arguments, code, options, fault);
	case CODE_WAIT_LOCK:
		return arguments_number(&arguments, code, 0, WAIT_SECONDS_MAX,
					&options->wait_lock_seconds, fault);
	case CODE_WORK_DIR:
		return arguments_text(&arguments, code, &options->work_dir, fault);
	case CODE_EVENTS:
		return arguments_text(&arguments, code, &options->events, fault);
	case CODE_KEEP_LOG:
		return arguments_text(&arguments, code, &options->keep_log, fault);
	case CODE_METRICS:
		return arguments_text(&arguments, code, &options->metrics, fault);
	case CODE_LOG:
		result = arguments_word(&arguments, code, log_words, &place, fault);
		options->log = place == 0 ? RESULT_LOG_JOURNAL : RESULT_LOG_SYSLOG;
		return result;
	case CODE_RTC:
		return arguments_rtc(&arguments, &options->rtc_unix_s, options->rtc, fault);
	case CODE_GUEST_ARCH:
		result = arguments_word(&arguments, code, guest_arch_words, &place, fault);
		options->guest_arch = (enum guest_arch)place;
		return result;
	case CODE_REPAIR:
		result = arguments_word(&arguments, code, repair_words, &place, fault);
		options->repair = (enum repair)place;
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
	struct grow_options *options = context;

	switch (code) {
	case CODE_PLAN:
		return take_verb(options, GROW_VERB_PLAN, fault);
	case CODE_RECOVER:
		return take_verb(options, GROW_VERB_RECOVER, fault);
	case CODE_DISCARD:
		return take_verb(options, GROW_VERB_DISCARD, fault);
	case CODE_PARTITION_ONLY:
		options->partition_only = true;
		return 0;
	case CODE_MOVE_SWAP:
		options->move_swap = true;
		return 0;
	case CODE_POWER_OF_TWO:
		options->power_of_two = true;
		return 0;
	case CODE_ALLOW_BACKING:
		options->allow_backing = true;
		return 0;
	case CODE_ALLOW_TRUNCATED:
		options->allow_truncated = true;
		return 0;
	case CODE_NO_WARM:
		options->warm = false;
		return 0;
	case CODE_KEEP_FAILED:
		options->keep_failed = true;
		return 0;
	case CODE_JSON:
		options->json = true; /* also where it is abbreviated */
		return 0;
	default:
		return take_value(options, code, fault);
	}
}

static int take_operands(struct grow_options *options, int argc, char *const argv[],
			 struct fault *fault)
{
	int count = argc - optind;

	if (count < 1)
		return usage(fault, "The name of an image is missing%s", NULL);
	if (count > 2)
		return usage(fault, "'%s' is one operand too many", argv[optind + 2]);
	options->image = argv[optind];
	options->size = count == 2 ? argv[optind + 1] : NULL;
	if (options->size && options->size[0] == '\0')
		return usage(fault, "SIZE is empty%s", NULL);
	if (options->keep_failed && options->verb != GROW_VERB_GROW)
		return usage(fault, "--keep-failed goes only with a grow%s", NULL);
	if (options->prove_boot && options->verb != GROW_VERB_GROW)
		return usage(fault, "--prove-boot goes only with a grow%s", NULL);
	if (options->accel == ACCEL_NATIVE && guest_arch_is_foreign(options->guest_arch))
		return usage(fault, "--accel native runs no guest of another processor%s", NULL);
	if (options->move_swap && options->partition_only)
		return usage(fault, "--move-swap and --partition-only exclude each other%s", NULL);
	if (options->size &&
	    (options->verb == GROW_VERB_RECOVER || options->verb == GROW_VERB_DISCARD))
		return usage(fault, "--%s takes no SIZE", grow_verb_word(options->verb));
	return 0;
}

/* The word --json, unless it is behind "--". */
static bool find_json(int argc, char *const argv[])
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int grow_options_parse(int argc, char *argv[], struct grow_options *ret_options,
		       struct fault *fault)
{
	*ret_options = (struct grow_options){ .partition_value = "",
					      .warm = true,
					      .prove_seconds = PROVE_SECONDS,
					      .prove_quiet_seconds = QUIET_SECONDS,
					      .attach = ATTACH_VIRTIO,
					      .json = find_json(argc, argv) };
	if (guest_arch_wish(&ret_options->guest_arch, fault) < 0 ||
	    arguments_take(&arguments, argc, argv, take, ret_options, &ret_options->common, fault) <
		    0)
		return -1;
	if (ret_options->common.help || ret_options->common.version)
		return 0;
	return take_operands(ret_options, argc, argv, fault);
}
