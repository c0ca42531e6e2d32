/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue: PID 1 of the guest, or, given --disk, the same agent on the host
 * against an image file, with the wire on standard input and output. */
#include "agent/boot/finish.h"
#include "agent/boot/memory.h"
#include "agent/boot/mounts.h"
#include "agent/boot/port.h"
#include "agent/devices/uevent.h"
#include "agent/trace/hotplug.h"
#include "agent/trace/recorder/recorder.h"
#include "base/cleanup.h"
#include "job.h"
#include "wire/limits.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_TIMEOUT_MS 10000
#define BUILD_ID_FILE	"/etc/build-id"

static const char help[] =
	"usage: rescue --disk IMAGE --tools DIR\n"
	"\n"
	"Grow the last partition and file system of a raw image file, talking the\n"
	"protocol of docs/protocol.md on standard input and output. As PID 1 it takes\n"
	"no arguments: it serves the virtio-serial port and powers the machine off.\n"
	"\n"
	"  --disk IMAGE     the image file\n"
	"  --tools DIR      folder of e2fsck and resize2fs\n"
	"  --run-dir DIR    folder for temporary files (default: /tmp)\n"
	"  --help, --version\n";

static void read_build_id(char *out, size_t out_bytes)
{
	cleanup_file FILE *file = fopen(BUILD_ID_FILE, "r");

	if (!file || !fgets(out, (int)out_bytes, file))
		snprintf(out, out_bytes, "unknown");
	out[strcspn(out, "\n")] = '\0';
}

/* PID 1 has nobody to report to until the port is open: the kernel's console
 * is what is left. */
static _Noreturn void give_up(const struct fault *fault)
{
	fprintf(stderr, "rescue: %s\n", fault->message);
	finish_power_off();
}

static _Noreturn void serve_machine(void)
{
	char build_id[64];
	struct job_setup setup = { .build_id = build_id, .sbin = "/sbin", .run_dir = "/run" };
	struct fault fault;

	/* `trace=1` on the kernel's command line: the kernel makes it a variable. */
	if (getenv("trace")) {
		setup.recorder = recorder_open(&fault);
		if (!setup.recorder)
			give_up(&fault);
	}
	if (mounts_make(&fault) < 0)
		give_up(&fault);
	if (setup.recorder && recorder_start(setup.recorder, &fault) < 0)
		give_up(&fault);
	setup.uevent_fd = uevent_open(&fault);
	if (setup.uevent_fd < 0)
		give_up(&fault);
	setup.wire_in = setup.wire_out = port_open(WIRE_PORT_NAME, PORT_TIMEOUT_MS, &fault);
	if (setup.wire_in < 0)
		give_up(&fault);
	read_build_id(build_id, sizeof(build_id));
	if (!setup.recorder)
		memory_wipe(); /* who traces is never saved */
	job_run(&setup);
	finish_power_off();
}

static int serve_file(int argc, char **argv)
{
	static const struct option options[] = {
		{ "disk", required_argument, NULL, 'd' },
		{ "tools", required_argument, NULL, 't' },
		{ "run-dir", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct job_setup setup = { .wire_in = STDIN_FILENO,
				   .wire_out = STDOUT_FILENO,
				   .build_id = "host",
				   .run_dir = "/tmp",
				   .uevent_fd = -1 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			setup.image = optarg;
			break;
		case 't':
			setup.sbin = optarg;
			break;
		case 'r':
			setup.run_dir = optarg;
			break;
		case 'h':
			return fputs(help, stdout) < 0;
		case 'V':
			return puts("rescue " GROW_DISK_VERSION) < 0;
		default:
			return STATUS_USAGE;
		}
	}
	if (optind != argc || !setup.image || !setup.sbin) {
		fputs(help, stderr);
		return STATUS_USAGE;
	}
	return job_run(&setup);
}

int main(int argc, char **argv, char **environment)
{
	const char *slash = strrchr(argv[0], '/');

	if (argc > 1 && strcmp(slash ? slash + 1 : argv[0], HOTPLUG_NAME) == 0)
		return hotplug_main(argv, environment);
	signal(SIGPIPE, SIG_IGN);
	if (getpid() == 1)
		serve_machine();
	return serve_file(argc, argv);
}
