/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "warm_key.h"

#include "base/cleanup.h"
#include "host/vm/qemu/arguments.h"
#include "wire/limits.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#ifndef GROW_DISK_VERSION
#define GROW_DISK_VERSION "development"
#endif

/* Any change of a file changes one of these, replacing it as well. */
static void write_file(FILE *key, const char *what, const char *path)
{
	struct stat status = { 0 };

	(void)stat(path, &status);
	fprintf(key, "%s: %s device %ju inode %ju bytes %jd mtime %jd.%09ld ctime %jd.%09ld\n",
		what, path, (uintmax_t)status.st_dev, (uintmax_t)status.st_ino,
		(intmax_t)status.st_size, (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
		(intmax_t)status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

/* The machine as QEMU is told to make it. */
static void write_arguments(FILE *key, const struct machine_plan *plan)
{
	struct machine_plan booted = *plan;
	struct arguments arguments;

	booted.saved_fd = -1;
	if (arguments_write(&arguments, &booted, (const int[CHANNELS]){ 0 }) < 0)
		return;
	for (int i = 1; arguments.argv[i]; i++)
		fprintf(key, "argument: %s\n", arguments.argv[i]);
	arguments_free(&arguments);
}

/* The first processor, as the kernel tells of it, without what changes from
 * moment to moment. */
static void write_processor(FILE *key)
{
	static const char *const wanted[] = { "vendor_id", "cpu family", "model", "stepping",
					      "microcode", "flags",	 "CPU ",  "Features" };
	cleanup_file FILE *file = fopen("/proc/cpuinfo", "re");
	cleanup_free char *line = NULL;
	size_t line_bytes = 0;

	while (file && getline(&line, &line_bytes, file) > 1) /* an empty one ends it */
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0) {
				fputs(line, key);
				break;
			}
}

/* With an accelerator the guest sees the host's processor, and the host's
 * kernel is a part of the machine. An emulated machine is the same everywhere. */
static void write_host(FILE *key, enum accel accel)
{
	struct utsname host = { 0 };

	(void)uname(&host);
	fprintf(key, "host: %s %s, pages of %ld bytes\n", host.sysname, host.machine,
		sysconf(_SC_PAGESIZE));
	if (accel == ACCEL_TCG)
		return;
	fprintf(key, "kernel: %s %s\n", host.release, host.version);
	write_processor(key);
}

char *warm_key(const struct machine_plan *plan, const char *build_id)
{
	char *text = NULL;
	size_t text_bytes;
	FILE *key = open_memstream(&text, &text_bytes);

	if (!key)
		return NULL;
	fprintf(key, "grow-disk: " GROW_DISK_VERSION " protocol %d\nbuild-id: %s\n", WIRE_PROTOCOL,
		build_id);
	write_file(key, "qemu", plan->qemu);
	write_file(key, "kernel", plan->kernel);
	write_file(key, "initramfs", plan->initramfs);
	write_arguments(key, plan);
	write_host(key, plan->accel);
	if (fclose(key) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* FNV-1a. */
void warm_key_name(const char *key, enum accel accel, char ret_name[WARM_NAME_BYTES])
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	snprintf(ret_name, WARM_NAME_BYTES, "%s-%016jx.machine", accel_word(accel),
		 (uintmax_t)hash);
}
