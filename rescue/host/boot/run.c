/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run.h"

#include "follow.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "host/program.h"
#include "host/vm/qemu/exit_reason.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define VARIABLES_MAX_BYTES (4 << 20)
#define WRITE_MS	    10000

/* What is found before any machine starts. */
struct boot_files {
	char qemu[PATH_MAX];
	char ovmf_code[PATH_MAX];
	int variables_fd, seed_fd; /* owned; -1: none */
	bool sandbox;
};

/* A port that is taken would be QEMU's complaint. */
static int check_port(unsigned port, struct fault *fault)
{
	cleanup_fd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons((uint16_t)port),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int on = 1;

	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	fault_set_errno(fault, REASON_USAGE, errno, "Port %u of this host is not available", port);
	return fault_hint(fault, "Name another one");
}

/* The firmware writes its variables: they are a copy, of this run alone, without a name. */
static int copy_variables(const char *from_path, const char *folder, int *ret_fd,
			  struct fault *fault)
{
	cleanup_fd int from = open(from_path, O_RDONLY | O_CLOEXEC), to = -1;
	char path[PATH_MAX + 32];
	cleanup_free char *bytes = malloc(VARIABLES_MAX_BYTES);
	ssize_t got = bytes && from >= 0 ? read(from, bytes, VARIABLES_MAX_BYTES) : -1;

	snprintf(path, sizeof(path), "%s/variables.XXXXXX", folder);
	if (got > 0)
		to = mkstemp(path);
	if (to >= 0 && unlink(path) == 0 && fcntl(to, F_SETFD, FD_CLOEXEC) == 0 &&
	    write_all(to, bytes, (size_t)got, WRITE_MS) == 0) {
		*ret_fd = steal_fd(&to);
		return 0;
	}
	return fault_set_errno(fault, REASON_DISK_IO, errno,
			       "The variables of the firmware cannot be copied");
}

static int open_files(struct boot_files *files, const struct boot_spec *spec, struct fault *fault)
{
	const struct boot_ports *ports = &spec->hardware.ports;
	char variables[PATH_MAX];

	*files = (struct boot_files){ .variables_fd = -1, .seed_fd = -1, .sandbox = true };
	if (program_find(spec->qemu, files->qemu) < 0) {
		fault_set(fault, REASON_NO_QEMU, "The program %.200s is not installed", spec->qemu);
		return fault_hint(fault, "On Debian: apt-get install qemu-system-x86");
	}
	for (size_t i = 0; i < ports->count; i++)
		if (check_port(ports->list[i].host, fault) < 0)
			return -1;
	if (spec->firmware == FIRMWARE_UEFI &&
	    (firmware_find_ovmf(files->ovmf_code, variables, fault) < 0 ||
	     copy_variables(variables, spec->work_folder, &files->variables_fd, fault) < 0))
		return -1;
	if (!spec->seed_path)
		return 0;
	files->seed_fd = open(spec->seed_path, O_RDONLY | O_CLOEXEC);
	return files->seed_fd >= 0 ? 0
				   : fault_set_errno(fault, REASON_DISK_IO, errno,
						     "The seed for cloud-init cannot be opened");
}

static void close_files(struct boot_files *files)
{
	close_fdp(&files->variables_fd);
	close_fdp(&files->seed_fd);
}

static void confine_machine(struct confine *confine, const struct boot_files *files,
			    const struct boot_spec *spec, enum accel accel)
{
	const struct boot_hardware *hardware = &spec->hardware;
	unsigned ports[BOOT_PORTS_MAX];
	const struct confine_needs needs = { .qemu = files->qemu,
					     .kernel = hardware->kernel,
					     .initramfs = hardware->initrd,
					     .kvm = accel == ACCEL_KVM,
					     .read_paths = spec->disk->read_paths,
					     .read_count = spec->disk->read_count,
					     .share = hardware->share,
					     .share_writable = hardware->share_writable,
					     .ports = ports,
					     .port_count = hardware->ports.count,
					     .write_fd = -1,
					     .read_fd = -1,
					     .memory_mib = hardware->memory_mib,
					     .disk_max_bytes = spec->disk->max_bytes };

	for (size_t i = 0; i < hardware->ports.count; i++)
		ports[i] = hardware->ports.list[i].host;
	confine_open(confine, &needs, true);
}

/* One machine, from its start to its end. */
static enum follow_end run_machine(struct boot_files *files, const struct boot_spec *spec,
				   enum accel accel, bool has_substitute,
				   struct boot_result *result, struct fault *fault)
{
	struct confine confine;
	const struct boot_plan plan = { .qemu = files->qemu,
					.accel = accel,
					.hardware = &spec->hardware,
					.firmware = spec->firmware,
					.ovmf_code = files->ovmf_code,
					.variables_fd = files->variables_fd,
					.disk = &spec->disk->plan,
					.sector_bytes = spec->sector_bytes,
					.seed_fd = files->seed_fd,
					.serves_seed = spec->seed_server != NULL,
					.picture_fd = spec->picture_fd,
					.screen_fd = spec->screen ? spec->screen->write_fd : -1,
					.sandbox = files->sandbox,
					.once = spec->once,
					.confine = &confine };
	struct boot_machine machine;
	enum follow_end end = FOLLOW_FAULT;

	*result = (struct boot_result){ .accel = accel, .milestones = { .expect = spec->expect } };
	confine_machine(&confine, files, spec, accel);
	if (boot_machine_start(&plan, &machine, fault) == 0)
		end = follow(spec, &machine, has_substitute, result, fault);
	boot_machine_stop(&machine);
	confine_close(&confine);
	return end;
}

/* The same; without the filter of QEMU's own where that is not to be had. */
static enum follow_end run_candidate(struct boot_files *files, const struct boot_spec *spec,
				     enum accel accel, bool has_substitute,
				     struct boot_result *result, struct fault *fault)
{
	enum follow_end end = run_machine(files, spec, accel, has_substitute, result, fault);

	if (end != FOLLOW_NO_SANDBOX)
		return end;
	files->sandbox = false;
	return run_machine(files, spec, accel, has_substitute, result, fault);
}

static int run_candidates(struct boot_files *files, const struct boot_spec *spec,
			  struct boot_result *result, struct fault *fault)
{
	struct accel_candidates candidates;
	/* The system on the disk is of x86-64. */
	enum accel wish = guest_arch_accel(GUEST_ARCH_X86_64, spec->accel);

	accel_candidates(wish, files->qemu, false, &candidates);
	for (size_t i = 0; i < candidates.count; i++) {
		enum accel accel = candidates.list[i];
		enum follow_end end =
			run_candidate(files, spec, accel, i + 1 < candidates.count, result, fault);

		if (end == FOLLOW_DONE && wish == ACCEL_AUTO)
			accel_remember(files->qemu, accel, false);
		if (end != FOLLOW_SILENT)
			return end == FOLLOW_DONE ? 0 : -1;
	}
	return -1;
}

int boot_run(const struct boot_spec *spec, struct boot_result *ret_result, struct fault *fault)
{
	struct boot_files files;
	int result = open_files(&files, spec, fault);

	if (result == 0)
		result = run_candidates(&files, spec, ret_result, fault);
	close_files(&files);
	return result;
}
