/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <string.h>

#define MEMORY_MIN_MIB	     64
#define MEMORY_MAX_MIB	     1048576
#define MEMORY_DEFAULT_MIB   1024
#define CPUS_MAX	     64
#define TIMEOUT_MAX_SECONDS  99999
#define WAIT_SECONDS	     1800 /* of --expect and --wait-for without --timeout */
#define PORT_MAX	     65535
#define PORT_FORMAT_BYTES    12
#define HOSTNAME_MAX_LETTERS 253
#define LABEL_MAX_LETTERS    63
#define LETTERS		     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum code {
	CODE_FIRST = 256, /* not a character */
	CODE_FIRMWARE,
	CODE_ATTACH,
	CODE_MEMORY,
	CODE_CPUS,
	CODE_ACCEL,
	CODE_PORT,
	CODE_RTC,
	CODE_KERNEL,
	CODE_INITRD,
	CODE_APPEND,
	CODE_EXPECT,
	CODE_TIMEOUT,
	CODE_SEED,
	CODE_USER_DATA,
	CODE_META_DATA,
	CODE_NETWORK_CONFIG,
	CODE_SSH_KEY,
	CODE_PASSWORD_FILE,
	CODE_HOSTNAME,
	CODE_FORMAT,
	CODE_ALLOW_BACKING,
	CODE_JSON,
	CODE_WRITE,
	CODE_YES,
	CODE_WAIT_FOR,
	CODE_SCREENSHOT,
	CODE_SHARE,
	CODE_SHARE_RW
};

static const struct option long_options[] = {
	{ "firmware", required_argument, NULL, CODE_FIRMWARE },
	{ "attach", required_argument, NULL, CODE_ATTACH },
	{ "memory", required_argument, NULL, CODE_MEMORY },
	{ "cpus", required_argument, NULL, CODE_CPUS },
	{ "accel", required_argument, NULL, CODE_ACCEL },
	{ "port", required_argument, NULL, CODE_PORT },
	{ "rtc", required_argument, NULL, CODE_RTC },
	{ "kernel", required_argument, NULL, CODE_KERNEL },
	{ "initrd", required_argument, NULL, CODE_INITRD },
	{ "append", required_argument, NULL, CODE_APPEND },
	{ "expect", required_argument, NULL, CODE_EXPECT },
	{ "timeout", required_argument, NULL, CODE_TIMEOUT },
	{ "seed", required_argument, NULL, CODE_SEED },
	{ "user-data", required_argument, NULL, CODE_USER_DATA },
	{ "meta-data", required_argument, NULL, CODE_META_DATA },
	{ "network-config", required_argument, NULL, CODE_NETWORK_CONFIG },
	{ "ssh-key", required_argument, NULL, CODE_SSH_KEY },
	{ "password-file", required_argument, NULL, CODE_PASSWORD_FILE },
	{ "hostname", required_argument, NULL, CODE_HOSTNAME },
	{ "format", required_argument, NULL, CODE_FORMAT },
	{ "allow-backing", no_argument, NULL, CODE_ALLOW_BACKING },
	{ "json", no_argument, NULL, CODE_JSON },
	{ "write", no_argument, NULL, CODE_WRITE },
	{ "yes", no_argument, NULL, CODE_YES },
	{ "wait-for", required_argument, NULL, CODE_WAIT_FOR },
	{ "screenshot", required_argument, NULL, CODE_SCREENSHOT },
	{ "share", required_argument, NULL, CODE_SHARE },
	{ "share-rw", no_argument, NULL, CODE_SHARE_RW },
	ARGUMENTS_COMMON,
	{ 0 },
};

static const struct arguments arguments = { .program = "try-disk", .options = long_options };

static int usage(struct fault *fault, const char *format, const char *word)
{
	return arguments_refuse(&arguments, fault, format, word);
}

/* HOST:GUEST */
static int take_port(struct boot_ports *ports, struct fault *fault)
{
	struct boot_port port;
	char rest;

	if (ports->count == BOOT_PORTS_MAX)
		return usage(fault, "There are too many --port%s", NULL);
	if (strlen(optarg) >= PORT_FORMAT_BYTES ||
	    sscanf(optarg, "%5u:%5u%c", &port.host, &port.guest, &rest) != 2 || port.host == 0 ||
	    port.host > PORT_MAX || port.guest == 0 || port.guest > PORT_MAX)
		return usage(fault, "--port cannot be '%s': write HOST:GUEST, as 2222:22", optarg);
	for (size_t i = 0; i < ports->count; i++)
		if (ports->list[i].host == port.host)
			return usage(fault, "--port %s: that port of the host is taken already",
				     optarg);
	ports->list[ports->count++] = port;
	return 0;
}

static int take_key(struct seed_wish *seed, struct fault *fault)
{
	if (seed->ssh_key_count == SEED_KEYS_MAX)
		return usage(fault, "There are too many --ssh-key%s", NULL);
	return arguments_text(&arguments, CODE_SSH_KEY, &seed->ssh_keys[seed->ssh_key_count++],
			      fault);
}

/* Labels with dots between them, which a hyphen neither begins nor ends. Source: RFC 1123. */
static bool is_hostname(const char *text)
{
	const char *label = text;
	size_t length = 0;

	for (;; label += length + 1) {
		length = strspn(label, LETTERS "-");
		if (length == 0 || length > LABEL_MAX_LETTERS || label[0] == '-' ||
		    label[length - 1] == '-')
			return false;
		if (label[length] != '.')
			return label[length] == '\0' &&
			       label + length - text <= HOSTNAME_MAX_LETTERS;
	}
}

static int take_hostname(struct seed_wish *seed, struct fault *fault)
{
	if (arguments_text(&arguments, CODE_HOSTNAME, &seed->hostname, fault) < 0)
		return -1;
	return is_hostname(optarg) ? 0 : arguments_refuse_value(&arguments, CODE_HOSTNAME, fault);
}

static int take_wait_for(struct try_options *options, struct fault *fault)
{
	static const char *const words[] = { "login", "cloud-init", NULL };
	int place = 0;

	if (arguments_word(&arguments, CODE_WAIT_FOR, words, &place, fault) < 0)
		return -1;
	options->wait_for = place == 0 ? MILESTONE_LOGIN : MILESTONE_CLOUD_INIT;
	return 0;
}

static int take_seed(struct seed_wish *seed, struct fault *fault)
{
	static const char *const words[] = { "iso", "http", NULL };
	int place = 0;

	if (arguments_word(&arguments, CODE_SEED, words, &place, fault) < 0)
		return -1;
	seed->asked = true;
	seed->way = (enum seed_way)place;
	return 0;
}

static int take_word(struct try_options *options, int code, struct fault *fault)
{
	static const char *const accels[] = { "auto", "kvm", "hvf", "tcg", NULL };
	const char *const *words = code == CODE_FIRMWARE ? firmware_words
				   : code == CODE_ATTACH ? attach_words
				   : code == CODE_ACCEL	 ? accels
							 : arguments_formats;
	int place = 0;

	if (arguments_word(&arguments, code, words, &place, fault) < 0)
		return -1;
	if (code == CODE_FIRMWARE)
		options->firmware = (enum firmware)place;
	else if (code == CODE_ATTACH)
		options->hardware.attach = (enum attach)place;
	else if (code == CODE_ACCEL)
		options->accel = (enum accel)place;
	else
		options->format = place == 0 ? FORMAT_RAW : FORMAT_QCOW2;
	return 0;
}

/* A text that is taken as it is. */
static const char **text_of(struct try_options *options, int code)
{
	switch (code) {
	case CODE_KERNEL:
		return &options->hardware.kernel;
	case CODE_INITRD:
		return &options->hardware.initrd;
	case CODE_APPEND:
		return &options->hardware.append;
	case CODE_EXPECT:
		return &options->expect;
	case CODE_SCREENSHOT:
		return &options->screenshot;
	case CODE_SHARE:
		return &options->share.directory;
	case CODE_USER_DATA:
		return &options->seed.user_data;
	case CODE_META_DATA:
		return &options->seed.meta_data;
	case CODE_NETWORK_CONFIG:
		return &options->seed.network_config;
	default:
		return &options->seed.password_file;
	}
}

static int take_value(struct try_options *options, int code, struct fault *fault)
{
	int64_t unix_s;

	switch (code) {
	case CODE_FIRMWARE:
	case CODE_ATTACH:
	case CODE_ACCEL:
	case CODE_FORMAT:
		return take_word(options, code, fault);
	case CODE_MEMORY:
		return arguments_number(&arguments, code, MEMORY_MIN_MIB, MEMORY_MAX_MIB,
					&options->hardware.memory_mib, fault);
	case CODE_CPUS:
		return arguments_number(&arguments, code, 1, CPUS_MAX, &options->hardware.cpus,
					fault);
	case CODE_TIMEOUT:
		return arguments_number(&arguments, code, 1, TIMEOUT_MAX_SECONDS,
					&options->timeout_seconds, fault);
	case CODE_RTC:
		return arguments_rtc(&arguments, &unix_s, options->rtc, fault);
	case CODE_WAIT_FOR:
		return take_wait_for(options, fault);
	case CODE_PORT:
		return take_port(&options->hardware.ports, fault);
	case CODE_SEED:
		return take_seed(&options->seed, fault);
	case CODE_SSH_KEY:
		return take_key(&options->seed, fault);
	case CODE_HOSTNAME:
		return take_hostname(&options->seed, fault);
	default:
		return arguments_text(&arguments, code, text_of(options, code), fault);
	}
}

static int take(void *context, int code, struct fault *fault)
{
	struct try_options *options = context;

	switch (code) {
	case CODE_ALLOW_BACKING:
		options->allow_backing = true;
		return 0;
	case CODE_JSON:
		options->json = true;
		return 0;
	case CODE_WRITE:
		options->write = true;
		return 0;
	case CODE_YES:
		options->yes = true;
		return 0;
	case CODE_SHARE_RW:
		options->share.writable = true;
		return 0;
	default:
		return take_value(options, code, fault);
	}
}

int try_options_parse(int argc, char *argv[], struct try_options *ret_options, struct fault *fault)
{
	*ret_options = (struct try_options){
		.hardware = { .attach = ATTACH_VIRTIO, .memory_mib = MEMORY_DEFAULT_MIB, .cpus = 1 }
	};
	if (arguments_take(&arguments, argc, argv, take, ret_options, &ret_options->common, fault) <
	    0)
		return -1;
	if (ret_options->common.help || ret_options->common.version)
		return 0;
	if (optind >= argc)
		return usage(fault, "The name of an image is missing%s", NULL);
	if (argc - optind > 1)
		return usage(fault, "'%s' is one operand too many", argv[optind + 1]);
	ret_options->image = argv[optind];
	if ((ret_options->wait_for != MILESTONE_NONE || ret_options->expect) &&
	    ret_options->timeout_seconds == 0)
		ret_options->timeout_seconds = WAIT_SECONDS;
	return try_options_check(ret_options, &arguments, fault);
}
