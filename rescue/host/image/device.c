/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "holder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/loop.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

#define SECTOR_BYTES   512
#define LABEL_SECTORS  4 /* LVM looks for its label in the first four sectors */
#define IDENTITY_BYTES 128
#define SYS_BYTES      (PATH_MAX + 64)

/* The device's folder in sysfs; of a partition its disk's, and its number. */
static int find_sys(dev_t device, char ret_sys[SYS_BYTES], unsigned *ret_partition)
{
	char path[64], number[16];
	char real[PATH_MAX];

	*ret_partition = 0;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(device), minor(device));
	if (!realpath(path, real))
		return -1;
	snprintf(ret_sys, SYS_BYTES, "%s/partition", real);
	if (holder_read_line(ret_sys, number, sizeof(number))) {
		*ret_partition = (unsigned)atol(number);
		*strrchr(real, '/') = '\0';
	}
	snprintf(ret_sys, SYS_BYTES, "%s", real);
	return 0;
}

static bool read_fact(const char *sys, const char *name, char *out, size_t out_bytes)
{
	char path[SYS_BYTES + 32];

	snprintf(path, sizeof(path), "%s/%s", sys, name);
	return holder_read_line(path, out, out_bytes) && out[0] != '\0';
}

/* A loop device is its file. The number of that one's device is left out: it may be another one
 * after the next boot. */
static bool read_loop(int fd, char *out, size_t out_bytes)
{
#ifdef __linux__
	struct loop_info64 info;

	if (ioctl(fd, LOOP_GET_STATUS64, &info) == 0) {
		snprintf(out, out_bytes, "loop-%ju-%ju", (uintmax_t)info.lo_inode,
			 (uintmax_t)info.lo_offset);
		return true;
	}
#else
	(void)fd, (void)out, (void)out_bytes;
#endif
	return false;
}

/* What outlives the next boot, if there is such a thing. It only finds the ticket: whether that is
 * of this device, what is on the device decides. */
static void find_identity(int fd, dev_t device, char ret_identity[IDENTITY_BYTES])
{
	static const char *const facts[] = { "dm/uuid", "wwid", "device/wwid", "serial",
					     "device/serial" };
	char sys[SYS_BYTES], text[IDENTITY_BYTES - 32] = "";
	unsigned partition = 0;
	int used;

	if (find_sys(device, sys, &partition) == 0) {
		bool found = read_loop(fd, text, sizeof(text));

		for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]) && !found; i++)
			found = read_fact(sys, facts[i], text, sizeof(text));
		if (!found)
			text[0] = '\0';
	}
	used = text[0] ? snprintf(ret_identity, IDENTITY_BYTES, "%s", text)
		       : snprintf(ret_identity, IDENTITY_BYTES, "block-%u-%u", major(device),
				  minor(device));
	if (text[0] && partition > 0)
		snprintf(ret_identity + used, IDENTITY_BYTES - (size_t)used, "-part%u", partition);
	for (char *at = ret_identity; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("-_.:", *at))
			*at = '_';
}

int device_place_by(struct image *image, const char *work_dir, const char *identity,
		    struct fault *fault)
{
	int used = snprintf(image->beside, sizeof(image->beside), "%s/%s",
			    strcmp(work_dir, "/") == 0 ? "" : work_dir, identity);

	if (used + 64 > PATH_MAX)
		return fault_set(fault, REASON_USAGE, "The path of the --work-dir is too long");
	image->name = strrchr(image->beside, '/') + 1;
	snprintf(image->folder, sizeof(image->folder), "%s", work_dir);
	return 0;
}

int device_place(struct image *image, const char *given, const char *work_dir, struct fault *fault)
{
	char identity[IDENTITY_BYTES];
	struct stat opened, named;

	if (fstat(image->fd, &opened) < 0 || stat(given, &named) < 0 ||
	    !image_is_same(&opened, &named)) {
		fault_set(fault, REASON_IMAGE_LOCKED,
			  "%.200s has become another device than %.200s, which was to be grown",
			  given, image->path);
		return fault_hint(fault, "Run it again, on the one that is meant");
	}
	find_identity(image->fd, opened.st_rdev, identity);
	return device_place_by(image, work_dir, identity, fault);
}

/* A reboot would take the log with it, in the middle of a commit the disk. */
int device_check_work_dir(const struct image *image, const char *work_dir, struct fault *fault)
{
#ifdef __linux__
	struct statfs status;
#endif

	if (work_dir[0] == '\0') {
		fault_set(fault, REASON_USAGE,
			  "%.300s is a block device, which has no directory for the redo log",
			  image->path);
		return fault_hint(fault,
				  "Name one on a disk that survives a crash: --work-dir DIR");
	}
#ifdef __linux__
	if (statfs(work_dir, &status) == 0 &&
	    (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC)) {
		fault_set(
			fault, REASON_USAGE,
			"%.300s is in memory: a reboot in the middle of the commit would lose the "
			"disk",
			work_dir);
		return fault_hint(fault, "Name a directory on a disk: --work-dir DIR");
	}
#endif
	return 0;
}

int device_check_volume(const struct image *image, bool named, struct fault *fault)
{
	uint8_t label[LABEL_SECTORS * SECTOR_BYTES];
	bool found = false;

	if (!image->is_device || named)
		return 0;
	if (pread(image->fd, label, sizeof(label), 0) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be read",
				       image->path);
	for (size_t at = 0; at < sizeof(label); at += SECTOR_BYTES)
		found = found || (memcmp(label + at, "LABELONE", 8) == 0 &&
				  memcmp(label + at + 24, "LVM2 001", 8) == 0);
	if (!found)
		return 0;
	fault_set(
		fault, REASON_VOLUME_AMBIGUOUS,
		"%.300s is a physical volume of LVM: of this host, or of the system that is on it",
		image->path);
	return fault_hint(fault,
			  "If it is the disk of a virtual machine, name the volume in it that "
			  "is to grow: --volume VG/LV");
}

int device_refuse(const struct image *image, const char *what, struct fault *fault)
{
	if (!image->is_device)
		return 0;
	fault_set(fault, REASON_IMAGE_NOT_A_FILE, "%.300s is a block device, and %s needs a file",
		  image->path, what);
	return fault_hint(fault, "Name an image file");
}

/* Mounted, by MAJOR:MINOR in /proc/self/mountinfo? */
static bool find_mount(const struct image *image, char *out, size_t out_bytes)
{
	cleanup_file FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[2 * PATH_MAX + 256], where[PATH_MAX];
	struct stat status;
	unsigned major_number, minor_number;

	if (!mounts || stat(image->path, &status) < 0)
		return false;
	while (fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*d %*d %u:%u %*s %4095s", &major_number, &minor_number, where) ==
			    3 &&
		    makedev(major_number, minor_number) == status.st_rdev) {
			text_make_safe(out, out_bytes, where, strlen(where));
			return true;
		}
	return false;
}

/* Another device that stands on it: of LVM, RAID, multipath. */
static bool find_device_on_it(const struct image *image, char *out, size_t out_bytes)
{
	char path[64];
	cleanup_dir DIR *folder = NULL;
	struct dirent *entry;
	struct stat status;

	if (stat(image->path, &status) < 0)
		return false;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", major(status.st_rdev),
		 minor(status.st_rdev));
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.') {
			text_make_safe(out, out_bytes, entry->d_name, strlen(entry->d_name));
			return true;
		}
	return false;
}

int device_check_alone(const struct image *image, struct fault *fault)
{
	char holder[HOLDER_BYTES];

	if (!image->is_device)
		return 0;
	holder_find(image, false, holder);
	if (holder[0] == '\0')
		return 0;
	fault_set(fault, REASON_IMAGE_LOCKED, "Another program uses %.300s%s", image->path, holder);
	return fault_hint(fault,
			  "Stop that program (shut down its virtual machine), then try again");
}

int device_busy(const struct image *image, struct fault *fault)
{
	char where[256];

	if (find_mount(image, where, sizeof(where))) {
		fault_set(fault, REASON_IMAGE_LOCKED, "%.300s is mounted at %s", image->path,
			  where);
		return fault_hint(fault, "Unmount it, then try again");
	}
	if (find_device_on_it(image, where, sizeof(where))) {
		fault_set(fault, REASON_IMAGE_LOCKED, "The device %s of this host stands on %.300s",
			  where, image->path);
		return fault_hint(fault,
				  "Deactivate it (vgchange -an, mdadm --stop), then try again");
	}
	fault_set(
		fault, REASON_IMAGE_LOCKED,
		"%.300s is in use: it, or a partition of it, is mounted, is swap space, or is held "
		"by another program",
		image->path);
	return fault_hint(fault, "Look for it with lsblk and fuser, end its use, then try again");
}
