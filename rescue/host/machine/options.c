/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include "base/text.h"
#include "host/guest.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define YEAR_SECONDS 31536000

static const char *const formats[] = { "qcow2", "raw", NULL };
static const char *const styles[] = { "auto", "bar", "lines", "none", NULL };

/* How an option changes struct machine_options. */
enum rule_kind {
	RULE_SET,    /* an enumeration, to the smallest number; takes no value */
	RULE_TRUE,   /* a flag; takes no value */
	RULE_FALSE,  /* the same */
	RULE_TEXT,   /* a text */
	RULE_WORD,   /* an enumeration, to the value's place in words */
	RULE_NUMBER, /* an unsigned */
	RULE_BYTES,  /* a uint64_t */
	RULE_READ,
	RULE_FORMAT,
	RULE_HOLD_UP,
	RULE_SHARE,
	RULE_RTC
};

#define AT(member) offsetof(struct machine_options, member)

static const struct rule {
	const char *name;
	enum rule_kind kind;
	size_t at;
	uint64_t smallest, largest;
	const char *const *words;
} rules[] = {
	{ "disk", RULE_TEXT, AT(disk_path), 0, 0, NULL },
	{ "disk-max-bytes", RULE_BYTES, AT(spec.disk.max_bytes), 1, INT64_MAX, NULL },
	{ "format", RULE_FORMAT, AT(spec.disk.format), 0, 0, formats },
	{ "backing", RULE_TEXT, AT(backing_path), 0, 0, NULL },
	{ "backing-format", RULE_FORMAT, AT(spec.disk.backing.format), 0, 0, formats },
	{ "guest", RULE_TEXT, AT(spec.guest_folder), 0, 0, NULL },
	{ "read", RULE_READ, 0, 0, 0, NULL },
	{ "plan", RULE_SET, AT(spec.request.kind), REQUEST_PLAN, 0, NULL },
	{ "check", RULE_SET, AT(spec.request.kind), REQUEST_CHECK, 0, NULL },
	{ "leave-checks", RULE_WORD, AT(spec.request.leave_checks), 0, 0, leave_checks_words },
	{ "trace", RULE_SET, AT(spec.request.kind), REQUEST_TRACE, 0, NULL },
	{ "shell", RULE_SET, AT(spec.request.kind), REQUEST_SHELL, 0, NULL },
	{ "command", RULE_TEXT, AT(spec.command), 0, 0, NULL },
	{ "keep-disk", RULE_TRUE, AT(spec.disk.keep), 0, 0, NULL },
	{ "terminal", RULE_TRUE, AT(spec.terminal), 0, 0, NULL },
	{ "share", RULE_SHARE, 0, 0, 0, NULL },
	{ "share-rw", RULE_TRUE, AT(spec.hardware.share_writable), 0, 0, NULL },
	{ "record", RULE_TRUE, AT(spec.request.record), 0, 0, NULL },
	{ "partition", RULE_NUMBER, AT(spec.request.partition), 1, 1024, NULL },
	{ "partition-only", RULE_TRUE, AT(spec.request.partition_only), 0, 0, NULL },
	{ "repair", RULE_WORD, AT(spec.request.repair), 0, 0, repair_words },
	{ "accel", RULE_WORD, AT(spec.accel), 0, 0, accel_words },
	{ "no-warm", RULE_FALSE, AT(spec.warm), 0, 0, NULL },
	{ "prepare", RULE_SET, AT(task), TASK_PREPARE, 0, NULL },
	{ "qemu", RULE_TEXT, AT(spec.qemu), 0, 0, NULL },
	{ "guest-arch", RULE_WORD, AT(spec.hardware.arch), 0, 0, guest_arch_words },
	{ "memory", RULE_NUMBER, AT(spec.memory_mib), 64, 65536, NULL },
	{ "cpus", RULE_NUMBER, AT(spec.hardware.cpus), 1, HARDWARE_CPUS_MAX, NULL },
	{ "append", RULE_TEXT, AT(spec.hardware.append), 0, 0, NULL },
	{ "rtc", RULE_RTC, 0, 0, 0, NULL },
	{ "attach", RULE_WORD, AT(spec.hardware.attach), 0, 0, attach_words },
	{ "attach-at", RULE_WORD, AT(spec.request.trace.attach_at), 0, 0, moment_words },
	{ "seq", RULE_WORD, AT(spec.request.trace.seq), 0, 0, moment_words },
	{ "log", RULE_WORD, AT(spec.request.trace.log), 0, 0, moment_words },
	{ "break", RULE_WORD, AT(spec.request.trace.break_at), 0, 0, moment_words },
	{ "method", RULE_WORD, AT(spec.request.trace.method), 0, 0, table_method_words },
	{ "hold-up", RULE_HOLD_UP, 0, 0, 0, NULL },
	{ "hold-up-ms", RULE_NUMBER, AT(spec.request.trace.hold_up_ms), 1, 60000, NULL },
	{ "events", RULE_TEXT, AT(events_path), 0, 0, NULL },
	{ "console", RULE_TEXT, AT(spec.console_path), 0, 0, NULL },
	{ "progress", RULE_WORD, AT(spec.progress), 0, 0, styles },
	{ "stall-seconds", RULE_NUMBER, AT(spec.limits.stall_seconds), 1, 86400, NULL },
	{ "hello-seconds", RULE_NUMBER, AT(spec.limits.hello_seconds), 1, 86400, NULL },
	{ "deadline-seconds", RULE_NUMBER, AT(spec.limits.deadline_seconds), 1, YEAR_SECONDS,
	  NULL },
	{ "help", RULE_SET, AT(task), TASK_HELP, 0, NULL },
};

#define FIRST_CODE 256 /* not a character */
#define RULES	   (sizeof(rules) / sizeof(rules[0]))

static int refuse_value(struct fault *fault, const char *option, const char *value)
{
	char safe[128];

	text_make_safe(safe, sizeof(safe), value, strlen(value));
	return fault_set(fault, REASON_USAGE, "--%s cannot be '%s'", option, safe);
}

/* The position of the word in the rule's list, or -1. */
static int parse_word(const struct rule *rule, const char *value, struct fault *fault)
{
	for (int i = 0; rule->words[i]; i++)
		if (strcmp(rule->words[i], value) == 0)
			return i;
	return refuse_value(fault, rule->name, value);
}

static int parse_number(const struct rule *rule, const char *value, uint64_t *ret_number,
			struct fault *fault)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 ||
	    number < rule->smallest || number > rule->largest)
		return refuse_value(fault, rule->name, value);
	*ret_number = number;
	return 0;
}

static int take_read(struct machine_options *options, struct fault *fault)
{
	struct vm_disk *disk = &options->spec.disk;

	if (disk->read_count == VM_READ_MAX)
		return fault_set(fault, REASON_USAGE, "more than %d times --read", VM_READ_MAX);
	disk->read_paths[disk->read_count++] = optarg;
	return 0;
}

static int take_hold_up(struct machine_options *options, const struct rule *rule,
			struct fault *fault)
{
	struct trace_request *trace = &options->spec.request.trace;

	if (!strchr(optarg, ':') || strlen(optarg) >= sizeof(trace->hold_up))
		return refuse_value(fault, rule->name, optarg);
	strcpy(trace->hold_up, optarg);
	return 0;
}

/* 2038-01-19T03:14:00, with or without Z: always UTC. The same for the machine's
 * clock and for the one that the guest is told. */
static int take_rtc(struct machine_options *options, const struct rule *rule, struct fault *fault)
{
	struct tm parts = { 0 };
	const char *rest = strptime(optarg, "%Y-%m-%dT%H:%M:%S", &parts);

	if (!rest || (strcmp(rest, "") != 0 && strcmp(rest, "Z") != 0) || timegm(&parts) <= 0)
		return refuse_value(fault, rule->name, optarg);
	options->spec.request.time_unix_s = timegm(&parts);
	strftime(options->rtc, sizeof(options->rtc), "%Y-%m-%dT%H:%M:%S", &parts);
	return 0;
}

/* QEMU runs in another folder: the whole path. */
static int take_share(struct machine_options *options, struct fault *fault)
{
	struct stat status;

	if (realpath(optarg, options->share) && stat(options->share, &status) == 0 &&
	    S_ISDIR(status.st_mode))
		return 0;
	return fault_set(fault, REASON_USAGE, "--share needs an existing directory");
}

static int take(struct machine_options *options, const struct rule *rule, struct fault *fault)
{
	void *place = (char *)options + rule->at;
	uint64_t number = 0;
	int word;

	switch (rule->kind) {
	case RULE_SET:
		*(int *)place = (int)rule->smallest;
		return 0;
	case RULE_TRUE:
	case RULE_FALSE:
		*(bool *)place = rule->kind == RULE_TRUE;
		return 0;
	case RULE_TEXT:
		*(const char **)place = optarg;
		return 0;
	case RULE_WORD:
	case RULE_FORMAT:
		word = parse_word(rule, optarg, fault);
		if (word < 0)
			return -1;
		if (rule->kind == RULE_WORD)
			*(int *)place = word;
		else
			*(const char **)place = rule->words[word];
		return 0;
	case RULE_NUMBER:
	case RULE_BYTES:
		if (parse_number(rule, optarg, &number, fault) < 0)
			return -1;
		if (rule->kind == RULE_NUMBER)
			*(unsigned *)place = (unsigned)number;
		else
			*(uint64_t *)place = number;
		return 0;
	case RULE_READ:
		return take_read(options, fault);
	case RULE_HOLD_UP:
		return take_hold_up(options, rule, fault);
	case RULE_SHARE:
		return take_share(options, fault);
	case RULE_RTC:
		return take_rtc(options, rule, fault);
	}
	return -1;
}

/* For getopt_long(3), which tells the place in the list. */
static void list_options(struct option list[RULES + 1])
{
	for (size_t i = 0; i < RULES; i++)
		list[i] = (struct option){ .name = rules[i].name,
					   .has_arg = rules[i].kind >= RULE_TEXT,
					   .val = (int)i + FIRST_CODE };
	list[RULES] = (struct option){ 0 };
}

/* Take each option from the command line. */
static int take_all(int argc, char *const argv[], struct machine_options *options,
		    struct fault *fault)
{
	struct option list[RULES + 1];
	int code;
	char safe[128];

	opterr = 0; /* the sentence is ours */
	list_options(list);
	while ((code = getopt_long(argc, argv, ":", list, NULL)) != -1) {
		const char *word = argv[optind - 1];

		text_make_safe(safe, sizeof(safe), word, strlen(word));
		if (code == ':')
			return fault_set(fault, REASON_USAGE, "%s needs a value", safe);
		if (code == '?')
			return fault_set(fault, REASON_USAGE, "unknown option %s", safe);
		if (take(options, &rules[code - FIRST_CODE], fault) < 0)
			return -1;
	}
	if (optind == argc)
		return 0;
	text_make_safe(safe, sizeof(safe), argv[optind], strlen(argv[optind]));
	return fault_set(fault, REASON_USAGE, "unexpected argument '%s'", safe);
}

int machine_options_parse(int argc, char *const argv[], struct machine_options *ret_options,
			  struct fault *fault)
{
	*ret_options = (struct machine_options){
		.events_path = "-",
		.spec = { .warm = true,
			  .memory_mib = 256,
			  .disk = { .fd = -1, .backing = { .fd = -1 } },
			  .hardware = { .cpus = 1 },
			  .request = { .trace = { .hold_up_ms = 1000 } } },
	};
	if (guest_arch_wish(&ret_options->spec.hardware.arch, fault) < 0 ||
	    take_all(argc, argv, ret_options, fault) < 0)
		return -1;
	if (!ret_options->spec.qemu)
		ret_options->spec.qemu = board_of(ret_options->spec.hardware.arch)->qemu;
	if (ret_options->rtc[0] != '\0')
		ret_options->spec.hardware.rtc = ret_options->rtc;
	if (ret_options->share[0] != '\0')
		ret_options->spec.hardware.share = ret_options->share;
	return machine_options_check(ret_options, fault);
}
