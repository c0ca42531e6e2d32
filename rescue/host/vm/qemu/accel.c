/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "accel.h"

#include "accel_file.h"
#include "base/cleanup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#define DAY_S  (24 * 60 * 60)
#define WEEK_S (7 * DAY_S)

#ifdef __APPLE__
#define HARDWARE	ACCEL_HVF
#define HARDWARE_DEVICE "/dev/null" /* no device to ask */
#else
#define HARDWARE	ACCEL_KVM
#define HARDWARE_DEVICE "/dev/kvm"
#endif

const char *const accel_words[] = { "auto", "kvm", "hvf", "tcg", "native", NULL };

const char *accel_word(enum accel accel)
{
	return accel_words[accel];
}

/* $GROW_DISK_KVM_DEVICE, or where it lies. */
static const char *hardware_device_path(void)
{
	const char *given = getenv("GROW_DISK_KVM_DEVICE");

	return given && given[0] ? given : HARDWARE_DEVICE;
}

json_t *accel_key(const char *qemu_path, const char *device_path)
{
	struct stat qemu = { 0 }, device = { 0 };
	struct utsname host = { 0 };

	/* What cannot be asked stays zero: that is an identity too. */
	(void)stat(qemu_path, &qemu);
	(void)stat(device_path, &device);
	(void)uname(&host);
	return json_pack("{s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:I}", "qemu", qemu_path,
			 "qemu_bytes", (json_int_t)qemu.st_size, "qemu_mtime_s",
			 (json_int_t)qemu.st_mtime, "kernel", host.release, "kernel_version",
			 host.version, "device_number", (json_int_t)device.st_rdev, "device_inode",
			 (json_int_t)device.st_ino, "user", (json_int_t)geteuid());
}

static enum accel of_word(const char *word)
{
	for (int i = ACCEL_KVM; i <= ACCEL_TCG; i++)
		if (strcmp(accel_words[i], word) == 0)
			return (enum accel)i;
	return ACCEL_AUTO;
}

enum accel accel_recall(const char *text, size_t size_bytes, const json_t *key, int64_t now_unix_s)
{
	json_t *memory = json_loadb(text, size_bytes, JSON_REJECT_DUPLICATES, NULL);
	json_t *known_key;
	const char *word;
	json_int_t until_unix_s;
	enum accel accel = ACCEL_AUTO;

	if (memory &&
	    json_unpack_ex(memory, NULL, JSON_STRICT, "{s:o, s:s, s:I}", "key", &known_key, "accel",
			   &word, "until_unix_s", &until_unix_s) == 0 &&
	    json_equal(known_key, key) && until_unix_s > now_unix_s &&
	    until_unix_s <= now_unix_s + WEEK_S)
		accel = of_word(word);
	json_decref(memory);
	return accel;
}

static enum accel recall(const char *qemu_path)
{
	char text[ACCEL_FILE_MAX_BYTES];
	size_t size_bytes = accel_file_read(text, sizeof(text));
	json_t *key = accel_key(qemu_path, hardware_device_path());
	enum accel accel = ACCEL_AUTO;

	if (key && size_bytes > 0)
		accel = accel_recall(text, size_bytes, key, time(NULL));
	json_decref(key);
	return accel;
}

void accel_remember(const char *qemu_path, enum accel accel, bool was_too_slow)
{
	json_int_t until_unix_s = time(NULL) + (was_too_slow ? DAY_S : WEEK_S);
	json_t *memory =
		json_pack("{s:o, s:s, s:I}", "key", accel_key(qemu_path, hardware_device_path()),
			  "accel", accel_words[accel], "until_unix_s", until_unix_s);
	char *text = memory ? json_dumps(memory, JSON_COMPACT) : NULL;

	/* Writing it again and again would only move the end of the week. */
	if (text && recall(qemu_path) != accel)
		accel_file_write(text);
	free(text);
	json_decref(memory);
}

static bool can_open(const char *device_path)
{
	cleanup_fd int fd = open(device_path, O_RDWR | O_CLOEXEC);

	return fd >= 0;
}

void accel_candidates(enum accel wish, const char *qemu_path, bool may_be_native,
		      struct accel_candidates *ret)
{
	*ret = (struct accel_candidates){ .count = 0 };
	if (may_be_native && !qemu_path[0]) {
		ret->list[ret->count++] = ACCEL_NATIVE;
		return;
	}
	if (wish != ACCEL_AUTO && (wish != ACCEL_NATIVE || may_be_native)) {
		ret->list[ret->count++] = wish;
		return;
	}
	if (can_open(hardware_device_path()) && recall(qemu_path) != ACCEL_TCG)
		ret->list[ret->count++] = HARDWARE;
	if (may_be_native)
		ret->list[ret->count++] = ACCEL_NATIVE;
	ret->list[ret->count++] = ACCEL_TCG;
}

void accel_prefer_native(struct accel_candidates *candidates)
{
	for (size_t i = candidates->count; i-- > 1;)
		if (candidates->list[i] == ACCEL_NATIVE) {
			candidates->list[i] = candidates->list[i - 1];
			candidates->list[i - 1] = ACCEL_NATIVE;
		}
}
