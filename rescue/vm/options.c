#include "options.h"

#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char options_help_text[] =
	"usage: rescue-vm [options] --guest DIR --disk FILE --format qcow2|raw\n"
	"       rescue-vm [options] --guest DIR --prepare\n"
	"Start the small virtual machine, let it grow the disk, and exit.\n"
	"\n"
	"  --disk FILE               the disk; thrown away by the caller unless this exits with 0\n"
	"  --disk-max-bytes N        it may not become larger (default: no limit)\n"
	"  --format qcow2|raw        its format\n"
	"  --guest DIR               folder of kernel, initramfs.cpio and build-id\n"
	"  --read FILE               what else QEMU may read: a file behind the disk; may be "
	"repeated\n"
	"                            (default: /, everything)\n"
	"  --plan                    only tell what would be done; the disk is read-only\n"
	"  --partition N             partition to grow (default: the last one)\n"
	"  --repair safe|all         what may be repaired without a question (default: safe)\n"
	"  --accel auto|kvm|hvf|tcg  accelerator (default: auto, the first that works)\n"
	"  --no-warm                 boot; neither go on with a machine that was saved at its\n"
	"                            hello, nor save one\n"
	"  --prepare                 only see to it that there is a saved machine\n"
	"  --qemu PROGRAM            QEMU (default: qemu-system-x86_64)\n"
	"  --memory MIB              memory of the machine (default: 256)\n"
	"  --events FILE             where the events go (default: -, standard output)\n"
	"  --console FILE            where the text of the serial console goes (default: nowhere)\n"
	"  --progress auto|bar|lines|none\n"
	"                            progress on standard error (default: auto)\n"
	"  --stall-seconds N         give up after this silence of the guest (default: 30)\n"
	"  --hello-seconds N         give up when the guest is not up by then (default: 60)\n"
	"  --deadline-seconds N      give up when the work is not done by then (default: 86400)\n"
	"  --help, --version\n";

enum option_code {
	OPTION_DISK = 256,
	OPTION_DISK_MAX_BYTES,
	OPTION_FORMAT,
	OPTION_GUEST,
	OPTION_READ,
	OPTION_PLAN,
	OPTION_PARTITION,
	OPTION_REPAIR,
	OPTION_ACCEL,
	OPTION_NO_WARM,
	OPTION_PREPARE,
	OPTION_QEMU,
	OPTION_MEMORY,
	OPTION_EVENTS,
	OPTION_CONSOLE,
	OPTION_PROGRESS,
	OPTION_STALL_SECONDS,
	OPTION_HELLO_SECONDS,
	OPTION_DEADLINE_SECONDS,
	OPTION_HELP,
	OPTION_VERSION
};

static const struct option option_table[] = {
	{ "disk", required_argument, NULL, OPTION_DISK },
	{ "disk-max-bytes", required_argument, NULL, OPTION_DISK_MAX_BYTES },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "guest", required_argument, NULL, OPTION_GUEST },
	{ "read", required_argument, NULL, OPTION_READ },
	{ "plan", no_argument, NULL, OPTION_PLAN },
	{ "partition", required_argument, NULL, OPTION_PARTITION },
	{ "repair", required_argument, NULL, OPTION_REPAIR },
	{ "accel", required_argument, NULL, OPTION_ACCEL },
	{ "no-warm", no_argument, NULL, OPTION_NO_WARM },
	{ "prepare", no_argument, NULL, OPTION_PREPARE },
	{ "qemu", required_argument, NULL, OPTION_QEMU },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ "events", required_argument, NULL, OPTION_EVENTS },
	{ "console", required_argument, NULL, OPTION_CONSOLE },
	{ "progress", required_argument, NULL, OPTION_PROGRESS },
	{ "stall-seconds", required_argument, NULL, OPTION_STALL_SECONDS },
	{ "hello-seconds", required_argument, NULL, OPTION_HELLO_SECONDS },
	{ "deadline-seconds", required_argument, NULL, OPTION_DEADLINE_SECONDS },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const char *const formats[] = { "qcow2", "raw", NULL };
static const char *const repairs[] = { "safe", "all", NULL };		   /* enum repair */
static const char *const accels[] = { "auto", "kvm", "hvf", "tcg", NULL }; /* enum accel */
static const char *const styles[] = { "auto", "bar", "lines", "none", NULL };

static int refuse_value(struct fault *fault, const char *option, const char *value)
{
	char safe[128];

	text_make_safe(safe, sizeof(safe), value, strlen(value));
	return fault_set(fault, REASON_USAGE, "--%s cannot be '%s'", option, safe);
}

/* The position of the word in the list, or -1. */
static int parse_word(const char *option, const char *value, const char *const *words,
		      struct fault *fault)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], value) == 0)
			return i;
	return refuse_value(fault, option, value);
}

static int parse_bytes(const char *option, const char *value, uint64_t smallest, uint64_t largest,
		       uint64_t *ret_number, struct fault *fault)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || number < smallest ||
	    number > largest)
		return refuse_value(fault, option, value);
	*ret_number = number;
	return 0;
}

static int parse_number(const char *option, const char *value, unsigned smallest, unsigned largest,
			unsigned *ret_number, struct fault *fault)
{
	uint64_t number;

	if (parse_bytes(option, value, smallest, largest, &number, fault) < 0)
		return -1;
	*ret_number = (unsigned)number;
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

/* The options whose value is one word of a list. */
static int take_word(struct options *options, int code, const char *name, struct fault *fault)
{
	static const struct {
		int code;
		const char *const *words;
	} lists[] = { { OPTION_FORMAT, formats },
		      { OPTION_REPAIR, repairs },
		      { OPTION_ACCEL, accels },
		      { OPTION_PROGRESS, styles } };
	int word = -1;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (lists[i].code == code)
			word = parse_word(name, optarg, lists[i].words, fault);
	if (word < 0)
		return -1;
	if (code == OPTION_FORMAT)
		options->disk_format = formats[word];
	else if (code == OPTION_REPAIR)
		options->request.repair = (enum repair)word;
	else if (code == OPTION_ACCEL)
		options->accel = (enum accel)word;
	else
		options->progress = (enum progress_style)word;
	return 0;
}

static int take(struct options *options, int code, const char *name, struct fault *fault)
{
	switch (code) {
	case OPTION_DISK:
		options->disk_path = optarg;
		return 0;
	case OPTION_DISK_MAX_BYTES:
		return parse_bytes(name, optarg, 1, INT64_MAX, &options->disk_max_bytes, fault);
	case OPTION_READ:
		return take_read(options, fault);
	case OPTION_GUEST:
		options->guest_folder = optarg;
		return 0;
	case OPTION_PLAN:
		options->request.plan_only = true;
		return 0;
	case OPTION_NO_WARM:
		options->warm = false;
		return 0;
	case OPTION_PREPARE:
		options->verb = VERB_PREPARE;
		return 0;
	case OPTION_QEMU:
		options->qemu = optarg;
		return 0;
	case OPTION_EVENTS:
		options->events_path = optarg;
		return 0;
	case OPTION_CONSOLE:
		options->console_path = optarg;
		return 0;
	case OPTION_PARTITION:
		return parse_number(name, optarg, 1, 128, &options->request.partition, fault);
	case OPTION_MEMORY:
		return parse_number(name, optarg, 64, 65536, &options->memory_mib, fault);
	case OPTION_STALL_SECONDS:
		return parse_number(name, optarg, 1, 86400, &options->stall_seconds, fault);
	case OPTION_HELLO_SECONDS:
		return parse_number(name, optarg, 1, 86400, &options->hello_seconds, fault);
	case OPTION_DEADLINE_SECONDS:
		return parse_number(name, optarg, 1, 31536000, &options->deadline_seconds, fault);
	case OPTION_HELP:
		options->verb = VERB_HELP;
		return 0;
	case OPTION_VERSION:
		options->verb = VERB_VERSION;
		return 0;
	default:
		return take_word(options, code, name, fault);
	}
}

static int require(const struct options *options, struct fault *fault)
{
	if (options->verb != VERB_RUN && options->verb != VERB_PREPARE)
		return 0;
	if (options->verb == VERB_PREPARE && (options->disk_path || !options->warm))
		return fault_set(fault, REASON_USAGE,
				 "--prepare goes neither with --disk nor with --no-warm");
	if (options->verb == VERB_RUN && (!options->disk_path || !options->disk_format))
		return fault_set(fault, REASON_USAGE, "--disk and --format are needed");
	if (!options->guest_folder)
		return fault_set(fault, REASON_USAGE, "--guest is needed");
	return 0;
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
		.deadline_seconds = 86400,
	};
	int code, index = 0;
	char safe[128];

	opterr = 0; /* the sentence is ours */
	while ((code = getopt_long(argc, argv, ":", option_table, &index)) != -1) {
		const char *word = argv[optind - 1];

		text_make_safe(safe, sizeof(safe), word, strlen(word));
		if (code == ':')
			return fault_set(fault, REASON_USAGE, "%s needs a value", safe);
		if (code == '?')
			return fault_set(fault, REASON_USAGE, "unknown option %s", safe);
		if (take(&options, code, option_table[index].name, fault) < 0)
			return -1;
	}
	if (optind < argc) {
		text_make_safe(safe, sizeof(safe), argv[optind], strlen(argv[optind]));
		return fault_set(fault, REASON_USAGE, "unexpected argument '%s'", safe);
	}
	if (require(&options, fault) < 0)
		return -1;
	*ret_options = options;
	return 0;
}
