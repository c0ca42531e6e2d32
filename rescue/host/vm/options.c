/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define DAY_SECONDS  86400
#define YEAR_SECONDS 31536000

const char options_help_text[] =
	"usage: rescue-vm [options] --guest DIR --disk FILE --format qcow2|raw\n"
	"       rescue-vm [options] --guest DIR --prepare\n"
	"Start the small virtual machine, let it grow the disk, and exit.\n"
	"\n"
	"  --disk FILE               the disk; thrown away by the caller unless this exits with 0\n"
	"  --disk-max-bytes N        it may not become larger (default: no limit)\n"
	"  --format qcow2|raw        its format\n"
	"  --await-disk              it is ready when a line comes on standard input; the machine\n"
	"                            starts before that\n"
	"  --keep-disk               let the guest bring the disk in order after a fault too\n"
	"  --guest DIR               folder of kernel, initramfs.cpio and build-id\n"
	"  --read FILE               what else QEMU may read: a file behind the disk; may be "
	"repeated\n"
	"                            (default: /, everything)\n"
	"  --plan                    only tell what would be done; the disk is read-only\n"
	"  --check                   only check the file system; the disk is read-only\n"
	"  --may-leave-check         the check before may be left to a --check at the same time,\n"
	"                            where it would take long (the plan's check_left)\n"
	"  --partition N             partition to grow (default: the last one)\n"
	"  --repair safe|all         what may be repaired without a question (default: safe)\n"
	"  --record                  tell the device events too, with their times\n"
	"  --accel auto|kvm|hvf|tcg  accelerator (default: auto, the first that works)\n"
	"  --no-warm                 boot; neither go on with a machine that was saved at its\n"
	"                            hello, nor save one\n"
	"  --prepare                 only see to it that there is a saved machine\n"
	"  --qemu PROGRAM            QEMU (default: qemu-system-x86_64)\n"
	"  --memory MIB              memory of the machine (default: 256)\n"
	"  --events FILE             where the events go (default: -, standard output)\n"
	"  --summary FILE            how it ended, a value a line, for a shell (default: nowhere)\n"
	"  --console FILE            where the text of the serial console goes (default: nowhere)\n"
	"  --append ARGS             more for the guest's kernel command line\n"
	"  --cpus N                  processors of the machine (default: 1)\n"
	"  --rtc TIME                its clock, 2038-01-19T03:14:00Z (default: that of the host)\n"
	"  --progress auto|bar|lines|none\n"
	"                            progress on standard error (default: auto)\n"
	"  --stall-seconds N         give up after this silence of the guest (default: 30)\n"
	"  --hello-seconds N         give up when the guest is not up by then (default: 60)\n"
	"  --deadline-seconds N      give up when the work is not done by then (default: 86400,\n"
	"                            with --terminal a year)\n"
	"  --help, --version\n"
	"\n"
	"For people, instead of growing the disk:\n"
	"  --shell                   attach the disk, and give a shell (--terminal) or run a "
	"command\n"
	"  --command TEXT            for sh -c in the guest; its streams are ours\n"
	"  --terminal                the guest's console is the terminal of standard input; also "
	"for\n"
	"                            --break\n"
	"  --share DIR               a folder of the host, at /mnt/share in the guest\n"
	"  --share-rw                which may write to it\n"
	"\n"
	"To trace a boot instead of growing the disk:\n"
	"  --trace                   boot in Alpine's manner, record, and write a new table\n"
	"  --attach scsi|ide|virtio|usb|nvme\n"
	"                            how the disk is attached (default: scsi)\n"
	"  --attach-at power-on|single|init|login\n"
	"                            and when (default: power-on; the stages of the boot)\n"
	"  --seq no|single|init|login\n"
	"                            from when on mdev orders the events (default: no)\n"
	"  --log no|single|init|login\n"
	"                            from when on mdev writes its log (default: no)\n"
	"  --break no|single|init|login\n"
	"                            where to give a shell (default: no)\n"
	"  --method fdisk|sfdisk|agent\n"
	"                            what writes the table (default: fdisk)\n"
	"  --hold-up ACTION:NAME     hold up the mdev of that event, remove:sda2\n"
	"  --hold-up-ms N            for so long (default: 1000)\n";

static const char *const formats[] = { "qcow2", "raw", NULL };
static const char *const accels[] = { "auto", "kvm", "hvf", "tcg", NULL }; /* enum accel */
static const char *const styles[] = { "auto", "bar", "lines", "none", NULL };

/* What an option does to struct options. */
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

#define AT(member) offsetof(struct options, member)

static const struct rule {
	const char *name;
	enum rule_kind kind;
	size_t at;
	uint64_t smallest, largest;
	const char *const *words;
} rules[] = {
	{ "disk", RULE_TEXT, AT(disk_path), 0, 0, NULL },
	{ "disk-max-bytes", RULE_BYTES, AT(disk_max_bytes), 1, INT64_MAX, NULL },
	{ "format", RULE_FORMAT, AT(disk_format), 0, 0, formats },
	{ "guest", RULE_TEXT, AT(guest_folder), 0, 0, NULL },
	{ "read", RULE_READ, 0, 0, 0, NULL },
	{ "plan", RULE_SET, AT(request.kind), REQUEST_PLAN, 0, NULL },
	{ "check", RULE_SET, AT(request.kind), REQUEST_CHECK, 0, NULL },
	{ "may-leave-check", RULE_TRUE, AT(request.may_leave_check), 0, 0, NULL },
	{ "trace", RULE_SET, AT(request.kind), REQUEST_TRACE, 0, NULL },
	{ "shell", RULE_SET, AT(request.kind), REQUEST_SHELL, 0, NULL },
	{ "command", RULE_TEXT, AT(command), 0, 0, NULL },
	{ "await-disk", RULE_TRUE, AT(await_disk), 0, 0, NULL },
	{ "keep-disk", RULE_TRUE, AT(keep_disk), 0, 0, NULL },
	{ "terminal", RULE_TRUE, AT(terminal), 0, 0, NULL },
	{ "share", RULE_SHARE, 0, 0, 0, NULL },
	{ "share-rw", RULE_TRUE, AT(hardware.share_writable), 0, 0, NULL },
	{ "record", RULE_TRUE, AT(request.record), 0, 0, NULL },
	{ "partition", RULE_NUMBER, AT(request.partition), 1, 128, NULL },
	{ "repair", RULE_WORD, AT(request.repair), 0, 0, repair_words },
	{ "accel", RULE_WORD, AT(accel), 0, 0, accels },
	{ "no-warm", RULE_FALSE, AT(warm), 0, 0, NULL },
	{ "prepare", RULE_SET, AT(verb), VERB_PREPARE, 0, NULL },
	{ "qemu", RULE_TEXT, AT(qemu), 0, 0, NULL },
	{ "memory", RULE_NUMBER, AT(memory_mib), 64, 65536, NULL },
	{ "cpus", RULE_NUMBER, AT(hardware.cpus), 1, HARDWARE_CPUS_MAX, NULL },
	{ "append", RULE_TEXT, AT(hardware.append), 0, 0, NULL },
	{ "rtc", RULE_RTC, 0, 0, 0, NULL },
	{ "attach", RULE_WORD, AT(hardware.attach), 0, 0, attach_words },
	{ "attach-at", RULE_WORD, AT(request.trace.attach_at), 0, 0, moment_words },
	{ "seq", RULE_WORD, AT(request.trace.seq), 0, 0, moment_words },
	{ "log", RULE_WORD, AT(request.trace.log), 0, 0, moment_words },
	{ "break", RULE_WORD, AT(request.trace.break_at), 0, 0, moment_words },
	{ "method", RULE_WORD, AT(request.trace.method), 0, 0, table_method_words },
	{ "hold-up", RULE_HOLD_UP, 0, 0, 0, NULL },
	{ "hold-up-ms", RULE_NUMBER, AT(request.trace.hold_up_ms), 1, 60000, NULL },
	{ "events", RULE_TEXT, AT(events_path), 0, 0, NULL },
	{ "summary", RULE_TEXT, AT(summary_path), 0, 0, NULL },
	{ "console", RULE_TEXT, AT(console_path), 0, 0, NULL },
	{ "progress", RULE_WORD, AT(progress), 0, 0, styles },
	{ "stall-seconds", RULE_NUMBER, AT(stall_seconds), 1, 86400, NULL },
	{ "hello-seconds", RULE_NUMBER, AT(hello_seconds), 1, 86400, NULL },
	{ "deadline-seconds", RULE_NUMBER, AT(deadline_seconds), 1, YEAR_SECONDS, NULL },
	{ "help", RULE_SET, AT(verb), VERB_HELP, 0, NULL },
	{ "version", RULE_SET, AT(verb), VERB_VERSION, 0, NULL },
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

static int take_read(struct options *options, struct fault *fault)
{
	if (options->read_count == OPTIONS_READ_MAX)
		return fault_set(fault, REASON_USAGE, "more than %d times --read",
				 OPTIONS_READ_MAX);
	options->read_paths[options->read_count++] = optarg;
	return 0;
}

static int take_hold_up(struct options *options, const struct rule *rule, struct fault *fault)
{
	struct trace_request *trace = &options->request.trace;

	if (!strchr(optarg, ':') || strlen(optarg) >= sizeof(trace->hold_up))
		return refuse_value(fault, rule->name, optarg);
	strcpy(trace->hold_up, optarg);
	return 0;
}

/* 2038-01-19T03:14:00, with or without Z: always UTC. The same for the machine's
 * clock and for the one that the guest is told. */
static int take_rtc(struct options *options, const struct rule *rule, struct fault *fault)
{
	struct tm parts = { 0 };
	const char *rest = strptime(optarg, "%Y-%m-%dT%H:%M:%S", &parts);

	if (!rest || (strcmp(rest, "") != 0 && strcmp(rest, "Z") != 0) || timegm(&parts) <= 0)
		return refuse_value(fault, rule->name, optarg);
	options->request.time_unix_s = timegm(&parts);
	strftime(options->rtc, sizeof(options->rtc), "%Y-%m-%dT%H:%M:%S", &parts);
	return 0;
}

/* QEMU runs in another folder: the whole path. */
static int take_share(struct options *options, struct fault *fault)
{
	struct stat status;

	if (realpath(optarg, options->share) && stat(options->share, &status) == 0 &&
	    S_ISDIR(status.st_mode))
		return 0;
	return fault_set(fault, REASON_USAGE, "--share needs a folder that is there");
}

static int take(struct options *options, const struct rule *rule, struct fault *fault)
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

/* What only a trace knows, and what it needs. */
static int check_trace(struct options *options, struct fault *fault)
{
	struct hardware *hardware = &options->hardware;
	struct trace_request *trace = &options->request.trace;

	if (trace->attach_at == MOMENT_NO)
		trace->attach_at = MOMENT_POWER_ON;
	if (options->request.kind != REQUEST_TRACE)
		return hardware_can_hot_plug(hardware->attach)
			       ? 0
			       : fault_set(fault, REASON_USAGE, "--attach ide needs --trace");
	hardware->disk_at_power_on = trace->attach_at == MOMENT_POWER_ON;
	if (!hardware->disk_at_power_on && !hardware_can_hot_plug(hardware->attach))
		return fault_set(fault, REASON_USAGE,
				 "an IDE disk cannot be attached while the machine runs: --attach "
				 "ide goes only with --attach-at power-on");
	if (trace->seq == MOMENT_POWER_ON || trace->log == MOMENT_POWER_ON ||
	    trace->break_at == MOMENT_POWER_ON)
		return fault_set(fault, REASON_USAGE,
				 "at power on only a disk can be attached, nothing else begins");
	hardware->trace = options->request.record = true;
	options->warm = false;
	return 0;
}

/* A text of JSON, and not too long. */
static int take_command(struct options *options, struct fault *fault)
{
	struct shell_request *shell = &options->request.shell;
	json_t *text = json_string(options->command);

	json_decref(text);
	if (!text)
		return fault_set(fault, REASON_USAGE, "the command is not UTF-8");
	if (options->command[0] == '\0' || strlen(options->command) >= sizeof(shell->command))
		return fault_set(fault, REASON_USAGE,
				 "the command is empty, or longer than %zu bytes",
				 sizeof(shell->command) - 1);
	strcpy(shell->command, options->command);
	return 0;
}

/* What goes with a shell, and what a shell needs. */
static int check_shell(struct options *options, struct fault *fault)
{
	bool shell = options->request.kind == REQUEST_SHELL;
	bool breaks = options->request.kind == REQUEST_TRACE &&
		      options->request.trace.break_at != MOMENT_NO;

	if (options->command && !shell)
		return fault_set(fault, REASON_USAGE, "--command needs --shell");
	if (options->terminal && !breaks && (!shell || options->command))
		return fault_set(fault, REASON_USAGE,
				 "--terminal goes with --shell without a command, or with --break");
	if (shell && !options->command && !options->terminal)
		return fault_set(fault, REASON_USAGE, "--shell needs --command or --terminal");
	if (shell && strcmp(options->events_path, "-") == 0)
		return fault_set(fault, REASON_USAGE, "--shell needs --events FILE");
	if (options->share[0] && !shell && options->request.kind != REQUEST_TRACE)
		return fault_set(fault, REASON_USAGE, "--share needs --shell or --trace");
	if (options->hardware.share_writable && !options->share[0])
		return fault_set(fault, REASON_USAGE, "--share-rw needs --share");
	if (options->share[0])
		options->request.share =
			options->hardware.share_writable ? SHARE_WRITE : SHARE_READ;
	if (shell &&
	    (options->command || options->share[0] || options->rtc[0] || options->hardware.append))
		options->warm = false; /* another machine each time */
	options->hardware.streams = options->command != NULL;
	return options->command ? take_command(options, fault) : 0;
}

static int require(struct options *options, struct fault *fault)
{
	if (options->verb != VERB_RUN && options->verb != VERB_PREPARE)
		return 0;
	if (options->verb == VERB_PREPARE && (options->disk_path || !options->warm))
		return fault_set(fault, REASON_USAGE,
				 "--prepare goes neither with --disk nor with --no-warm");
	if (options->await_disk &&
	    (options->verb != VERB_RUN || options->request.kind == REQUEST_TRACE ||
	     options->request.kind == REQUEST_SHELL))
		return fault_set(
			fault, REASON_USAGE,
			"--await-disk goes neither with --prepare nor with --shell or --trace");
	if (options->verb == VERB_RUN && (!options->disk_path || !options->disk_format))
		return fault_set(fault, REASON_USAGE, "--disk and --format are needed");
	if (!options->guest_folder)
		return fault_set(fault, REASON_USAGE, "--guest is needed");
	if (options->deadline_seconds == 0)
		options->deadline_seconds = options->terminal ? YEAR_SECONDS : DAY_SECONDS;
	return check_trace(options, fault) < 0 ? -1 : check_shell(options, fault);
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

int options_parse(int argc, char *const argv[], struct options *ret_options, struct fault *fault)
{
	struct options options = {
		.qemu = "qemu-system-x86_64",
		.events_path = "-",
		.warm = true,
		.memory_mib = 256,
		.stall_seconds = 30,
		.hello_seconds = 60,
		.hardware = { .cpus = 1 },
		.request = { .trace = { .hold_up_ms = 1000 } },
	};
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
		if (take(&options, &rules[code - FIRST_CODE], fault) < 0)
			return -1;
	}
	if (optind < argc) {
		text_make_safe(safe, sizeof(safe), argv[optind], strlen(argv[optind]));
		return fault_set(fault, REASON_USAGE, "unexpected argument '%s'", safe);
	}
	if (require(&options, fault) < 0)
		return -1;
	*ret_options = options;
	/* A machine that was saved has a clock of its own: it is told the time. */
	if (options.rtc[0] != '\0' && !options.warm)
		ret_options->hardware.rtc = ret_options->rtc;
	if (options.share[0] != '\0')
		ret_options->hardware.share = ret_options->share;
	return 0;
}
