/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mounted.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MOUNTINFO "/proc/self/mountinfo"
#define OWN_NODE  "/tmp/recorder-node" /* /run has no devices */

/* Where ext2/3/4 keep what is asked for, from the start of the file system. */
#define SUPER_OFFSET_BYTES 1024
#define MAGIC_AT	   0x38
#define INCOMPAT_AT	   0x60
#define EXT_MAGIC	   0xEF53
#define INCOMPAT_RECOVER   0x0004
#define SUPER_READ_BYTES   0x80

bool mounted_parse(const char *line, struct mounted_entry *ret_entry)
{
	const char *rest = strstr(line, " - ");
	struct mounted_entry entry;

	if (!rest ||
	    sscanf(line, "%15s %*s %u:%u %*s %127s", entry.id, &entry.major, &entry.minor,
		   entry.path) != 4 ||
	    sscanf(rest, " - %31s %127s", entry.fstype, entry.device) != 2)
		return false;
	*ret_entry = entry;
	return true;
}

static size_t read_all(struct mounted_entry entries[MOUNTED_MAX])
{
	cleanup_file FILE *file = fopen(MOUNTINFO, "re");
	char line[4096];
	size_t count = 0;

	while (file && count < MOUNTED_MAX && fgets(line, sizeof(line), file))
		if (mounted_parse(line, &entries[count]))
			count++;
	return count;
}

int mounted_open(struct mounted *mounted, struct fault *fault)
{
	mounted->fd = open(MOUNTINFO, O_RDONLY | O_CLOEXEC);
	if (mounted->fd < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "no " MOUNTINFO);
	mounted->count = read_all(mounted->entries);
	mounted->journal_count = 0;
	pthread_mutex_init(&mounted->lock, NULL);
	return 0;
}

/* By a node of our own: that of others may be missing. */
static bool read_journal(unsigned major_number, unsigned minor_number, bool *ret_needs_recovery)
{
	uint8_t super[SUPER_READ_BYTES];
	cleanup_fd int fd = -1;
	bool found;

	(void)unlink(OWN_NODE);
	if (mknod(OWN_NODE, S_IFBLK | 0600, makedev(major_number, minor_number)) < 0)
		return false;
	fd = open(OWN_NODE, O_RDONLY | O_CLOEXEC);
	(void)unlink(OWN_NODE);
	found = fd >= 0 &&
		pread(fd, super, sizeof(super), SUPER_OFFSET_BYTES) == (ssize_t)sizeof(super) &&
		(super[MAGIC_AT] | super[MAGIC_AT + 1] << 8) == EXT_MAGIC;
	if (found)
		*ret_needs_recovery = super[INCOMPAT_AT] & INCOMPAT_RECOVER;
	return found;
}

void mounted_look(struct mounted *mounted)
{
	cleanup_file FILE *file = fopen("/proc/partitions", "re");
	struct mounted_journal found[MOUNTED_MAX];
	char line[256];
	size_t count = 0;

	while (file && count < MOUNTED_MAX && fgets(line, sizeof(line), file)) {
		struct mounted_journal *journal = &found[count];

		if (sscanf(line, "%u %u", &journal->major, &journal->minor) == 2 &&
		    read_journal(journal->major, journal->minor, &journal->needs_recovery))
			count++;
	}
	pthread_mutex_lock(&mounted->lock);
	memcpy(mounted->journals, found, count * sizeof(found[0]));
	mounted->journal_count = count;
	pthread_mutex_unlock(&mounted->lock);
}

/* What the journal was at the last look; and from now on what it is. */
static void set_recovery(struct mounted *mounted, const struct mounted_entry *entry, json_t *fields)
{
	bool now;

	if (entry->major == 0 || !read_journal(entry->major, entry->minor, &now))
		return;
	pthread_mutex_lock(&mounted->lock);
	for (size_t i = 0; i < mounted->journal_count; i++) {
		struct mounted_journal *journal = &mounted->journals[i];

		if (journal->major != entry->major || journal->minor != entry->minor)
			continue;
		json_object_set_new(fields, "recovery_before",
				    json_boolean(journal->needs_recovery));
		journal->needs_recovery = now;
	}
	pthread_mutex_unlock(&mounted->lock);
	json_object_set_new(fields, "recovery_after", json_boolean(now));
}

static void put(struct mounted *mounted, const struct mounted_entry *entry, bool is_mounted,
		struct queue *queue)
{
	char path[3 * MOUNTED_TEXT_BYTES], device[3 * MOUNTED_TEXT_BYTES];
	int64_t now_us = clock_us();
	json_t *fields;

	text_make_safe(path, sizeof(path), entry->path, strlen(entry->path));
	text_make_safe(device, sizeof(device), entry->device, strlen(entry->device));
	fields = json_pack("{s:s, s:s, s:s, s:s}", "state", is_mounted ? "mounted" : "unmounted",
			   "path", path, "device", device, "fstype", entry->fstype);
	if (fields && is_mounted)
		set_recovery(mounted, entry, fields);
	queue_put(queue, EVENT_MOUNT, now_us, fields);
}

/* Of each entry that is in one list and not in the other. */
static void put_missing(struct mounted *mounted, const struct mounted_entry *list, size_t count,
			const struct mounted_entry *other, size_t other_count, bool is_mounted,
			struct queue *queue)
{
	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (j < other_count && strcmp(list[i].id, other[j].id) != 0)
			j++;
		if (j == other_count)
			put(mounted, &list[i], is_mounted, queue);
	}
}

void mounted_read(struct mounted *mounted, struct queue *queue)
{
	struct mounted_entry now[MOUNTED_MAX];
	size_t count = read_all(now);

	put_missing(mounted, mounted->entries, mounted->count, now, count, false, queue);
	put_missing(mounted, now, count, mounted->entries, mounted->count, true, queue);
	memcpy(mounted->entries, now, count * sizeof(now[0]));
	mounted->count = count;
}
