/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "holder.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Does this process have the file open? */
static bool has_open(const char *process, const struct stat *image)
{
	char path[64 + NAME_MAX];
	cleanup_dir DIR *folder = NULL;
	struct dirent *entry;
	struct stat opened;

	snprintf(path, sizeof(path), "/proc/%s/fd", process);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", process, entry->d_name);
		if (stat(path, &opened) == 0 && image_is_same(&opened, image))
			return true;
	}
	return false;
}

bool holder_read_line(const char *path, char *out, size_t out_bytes)
{
	cleanup_file FILE *file = fopen(path, "re");
	char line[PATH_MAX + 16];

	if (!file || !fgets(line, sizeof(line), file))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return snprintf(out, out_bytes, "%s", line) < (int)out_bytes;
}

/* Is this process ours, or one that we have started? */
static bool is_ours(long pid)
{
	while (pid > 1) {
		char path[64], line[512];
		const char *name_end;

		if (pid == (long)getpid())
			return true;
		snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
		/* "PID (NAME) STATE PARENT": the name may have blanks and brackets. */
		if (!holder_read_line(path, line, sizeof(line)) ||
		    !(name_end = strrchr(line, ')')) || sscanf(name_end, ") %*c %ld", &pid) != 1)
			return false;
	}
	return false;
}

/* A thread of the process that serves this nbd device, and has it open for that; "": of none.
 * Source: drivers/block/nbd.c, the attribute pid. */
static void find_server(const struct stat *device, char ret_thread[16])
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/pid", major(device->st_rdev),
		 minor(device->st_rdev));
	if (!S_ISBLK(device->st_mode) || !holder_read_line(path, ret_thread, 16))
		ret_thread[0] = '\0';
}

static bool has_thread(const char *process, const char *thread)
{
	char path[64 + NAME_MAX];

	snprintf(path, sizeof(path), "/proc/%.20s/task/%s", process, thread);
	return thread[0] && access(path, F_OK) == 0;
}

void holder_find(const struct image *image, bool with_ours, char ret_holder[HOLDER_BYTES])
{
	cleanup_dir DIR *processes = opendir("/proc");
	struct dirent *entry;
	struct stat status;
	char server[16];

	ret_holder[0] = '\0';
	if (stat(image_at(image), &status) < 0)
		return;
	find_server(&status, server);
	while (processes && (entry = readdir(processes))) {
		char path[64 + NAME_MAX], name[64] = "?", safe[64];

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    atol(entry->d_name) == (long)getpid() ||
		    (!with_ours && is_ours(atol(entry->d_name))) ||
		    !has_open(entry->d_name, &status) || has_thread(entry->d_name, server))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		(void)holder_read_line(path, name, sizeof(name));
		text_make_safe(safe, sizeof(safe), name, strlen(name));
		snprintf(ret_holder, HOLDER_BYTES, " (%s, process %.20s)", safe, entry->d_name);
		return;
	}
}

bool holder_find_mount(FILE *file, const char *device, char *out, size_t out_bytes)
{
	char line[2 * PATH_MAX + 256];

	while (fgets(line, sizeof(line), file)) {
		char where[PATH_MAX], *source = strstr(line, " - ");
		size_t length = strlen(device);

		if (!source || sscanf(line, "%*d %*d %*s %*s %4095s", where) != 1)
			continue;
		source = strchr(source + 3, ' ');
		/* The device itself, or a partition of it: loop0p1. */
		if (!source || strncmp(source + 1, device, length) != 0 ||
		    (source[1 + length] != ' ' && source[1 + length] != 'p'))
			continue;
		text_make_safe(out, out_bytes, where, strlen(where));
		return true;
	}
	return false;
}

static int refuse_loop(const struct image *image, const char *name, struct fault *fault)
{
	cleanup_file FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char device[32 + NAME_MAX], where[256];

	snprintf(device, sizeof(device), "/dev/%s", name);
	if (mounts && holder_find_mount(mounts, device, where, sizeof(where))) {
		fault_set(fault, REASON_IMAGE_LOCKED,
			  "%.200s is in use by the loop device %.40s, which is mounted at %.200s",
			  image->path, device, where);
		return fault_hint(fault, "Unmount it and detach it (umount, losetup -d), then try "
					 "again");
	}
	fault_set(fault, REASON_IMAGE_LOCKED, "%.300s is in use by the loop device %.40s",
		  image->path, device);
	return fault_hint(fault, "Detach it (losetup -d), then try again");
}

bool holder_is_loop_device(const struct image *image, struct fault *fault)
{
	cleanup_dir DIR *devices = opendir("/sys/block");
	struct dirent *entry;

	while (devices && (entry = readdir(devices))) {
		char path[64 + NAME_MAX], backing[PATH_MAX];

		if (strncmp(entry->d_name, "loop", 4) != 0)
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", entry->d_name);
		if (holder_read_line(path, backing, sizeof(backing)) && image_is(image, backing)) {
			refuse_loop(image, entry->d_name, fault);
			return true;
		}
	}
	return false;
}
