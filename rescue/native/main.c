/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rescue-native: the agent, and the programs of the file systems that need no kernel of their
 * own, as one sealed process on the host (docs/decisions/17-native.md). Only the host's half
 * starts it. */
#include "agent/job.h"
#include "base/io.h"
#include "base/pass_fd.h"
#include "seal.h"
#include "shim.h"
#include "wire/limits.h"
#include "worker.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT_NAME "disk"
#define TICK_MS	    500

static const char help[] =
	"usage: rescue-native --wire FD --disk FD --memory MIB --workers N --cpu SECONDS\n"
	"\n"
	"Started by grow-disk-host alone, with the wire and the socket that brings the disk.\n";

/* job_seal has no argument of its own: it stands for what libc and the kernel do. */
static struct {
	struct shared *shared;
	struct nbd nbd;
	int disk_socket;
} native = { .nbd = { .fd = -1 }, .disk_socket = -1 };

static int fill_seal(struct fault *fault)
{
	const char *open = seal_test_files();

	if (!open && seal_calls(true) < 0)
		return fault_set_errno(fault, REASON_NO_ACCELERATOR, errno,
				       "the process cannot be sealed");
	if (!open)
		open = seal_test_calls();
	return open ? fault_set(fault, REASON_NO_ACCELERATOR, "the seal failed its test: %s", open)
		    : 0;
}

/* Without a seal nothing is said on the wire, and the host gives no disk. */
static int close_seal(struct fault *fault)
{
	int result = fill_seal(fault);

	if (result < 0)
		fprintf(stderr, "%s\n", fault->message);
	return result;
}

/* The host sends the socket when the disk is ready. */
static int await_disk(void (*on_tick)(void *context), void *context, struct fault *fault)
{
	struct pollfd slot = { .fd = native.disk_socket, .events = POLLIN };
	char ready;
	int fd;

	while (poll(&slot, 1, TICK_MS) == 0)
		on_tick(context);
	if (pass_fd_receive(native.disk_socket, &ready, sizeof(ready), &fd) < 0 ||
	    nbd_negotiate(&native.nbd, fd, EXPORT_NAME) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno,
				       "the block service does not give the disk");
	native.shared->sector_bytes = ready == WIRE_DISK_4096 ? 4096 : 512;
	shim_open_disk(native.shared, &native.nbd, false);
	workers_use_disk(&native.nbd);
	return 0;
}

/* Whatever the programs made of it: if the disk has failed, that is the cause. */
static int judge(struct fault *fault)
{
	int error = atomic_load(&native.shared->disk_error);

	if (error == 0)
		return 0;
	if (error == ENOSPC)
		return fault_set(
			fault, REASON_NO_SPACE,
			"the log is full: it reached its limit or that of a file (ulimit -f), or "
			"the host's disk is full");
	if (error == ETIMEDOUT)
		return fault_set(fault, REASON_STALLED, "the block service did not answer in time");
	if (error == EPIPE)
		return fault_set(fault, REASON_DISK_IO,
				 "the block service has ended while the disk was in use");
	return fault_set_errno(fault, REASON_DISK_IO, error, "the disk cannot be used");
}

static const struct job_seal job_seal = {
	.close = close_seal, .await_disk = await_disk, .has_program = workers_know, .judge = judge
};

/* For the programs, which ask for what is not there. */
static void set_environment(void)
{
	clearenv();
	setenv("LC_ALL", "C", 1);
	setenv("TZ", "UTC0", 1);
	setenv("EXT2FS_NO_MTAB_OK", "1", 1);
	/* As in a kernel that has ext4 and /sys: it fills the inode tables when it mounts. */
	setenv("RESIZE2FS_FORCE_LAZY_ITABLE_INIT", "1", 1);
	setenv("E2FSCK_CONFIG", SHARED_FOLDER "/e2fsck.conf", 1);
}

struct arguments {
	int wire_fd, disk_fd, workers;
	unsigned long memory_mib, cpu_seconds;
};

static int read_arguments(int argc, char *argv[], struct arguments *arguments)
{
	static const struct option options[] = {
		{ "wire", required_argument, NULL, 'w' },
		{ "disk", required_argument, NULL, 'd' },
		{ "memory", required_argument, NULL, 'm' },
		{ "workers", required_argument, NULL, 'n' },
		{ "cpu", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*arguments = (struct arguments){ .wire_fd = -1, .disk_fd = -1 };
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned long value = optarg ? strtoul(optarg, NULL, 10) : 0;

		if (option == 'w')
			arguments->wire_fd = (int)value;
		else if (option == 'd')
			arguments->disk_fd = (int)value;
		else if (option == 'm')
			arguments->memory_mib = value;
		else if (option == 'n')
			arguments->workers = (int)value;
		else if (option == 'c')
			arguments->cpu_seconds = value;
		else
			return -1;
	}
	return optind == argc && arguments->wire_fd > 2 && arguments->disk_fd > 2 &&
			       arguments->memory_mib > 0 && arguments->cpu_seconds > 0
		       ? 0
		       : -1;
}

static int run(const struct arguments *arguments, struct fault *fault)
{
	const struct job_setup setup = { .wire_in = arguments->wire_fd,
					 .wire_out = arguments->wire_fd,
					 .build_id = WIRE_NATIVE_BUILD_ID,
					 .image = SHIM_DISK_NAME,
					 .sbin = "/sbin",
					 .run_dir = SHARED_FOLDER,
					 .uevent_fd = -1,
					 .seal = &job_seal };

	native.disk_socket = arguments->disk_fd;
	native.shared = shared_make();
	if (!native.shared)
		return fault_set_errno(fault, REASON_NO_MEMORY, errno, "no memory");
	shim_open_files(native.shared);
	if (seal_files((uint64_t)arguments->memory_mib << 20, (unsigned)arguments->cpu_seconds,
		       fault) < 0 ||
	    workers_fork(arguments->workers, native.shared, fault) < 0)
		return -1;
	return job_run(&setup);
}

int main(int argc, char *argv[])
{
	struct arguments arguments;
	struct fault fault;
	int status;

	if (read_arguments(argc, argv, &arguments) < 0) {
		fputs(help, stderr);
		return STATUS_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	set_environment();
	status = run(&arguments, &fault);
	if (status >= 0)
		return status;
	fprintf(stderr, "%s\n", fault.message);
	return (int)reason_status(fault.reason);
}
