/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nodes.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "wire/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>

#define THREAD_NAME "kdevtmpfs\n"

static pid_t find_devtmpfs(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	while (processes && found == 0 && (entry = readdir(processes)) != NULL) {
		char path[300], name[32] = "";
		cleanup_file FILE *file = NULL;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "re")
									  : NULL;
		if (file && fgets(name, sizeof(name), file) && strcmp(name, THREAD_NAME) == 0)
			found = (pid_t)strtol(entry->d_name, NULL, 10);
	}
	if (processes)
		closedir(processes);
	return found;
}

int nodes_open(struct nodes *nodes, struct fault *fault)
{
	const unsigned flags = FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_UNLIMITED_QUEUE |
			       FAN_NONBLOCK | FAN_CLOEXEC;
	const uint64_t mask = FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_ONDIR;
	cleanup_fd int dir_fd = open(NODES_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int fd = fanotify_init(flags, O_RDONLY | O_CLOEXEC);

	if (dir_fd < 0 || fd < 0 ||
	    fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, mask, dir_fd, NULL) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       NODES_DIR " cannot be watched");
	nodes->devtmpfs = find_devtmpfs();
	nodes->fd = steal_fd(&fd);
	nodes->dir_fd = steal_fd(&dir_fd);
	return 0;
}

/* The folder that a handle stands for, by its name; false when it is gone. */
static bool name_folder(const struct nodes *nodes, struct file_handle *handle, char *out,
			size_t out_bytes)
{
	cleanup_fd int fd = open_by_handle_at(nodes->dir_fd, handle, O_PATH | O_CLOEXEC);
	char link[64];
	ssize_t length;

	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, out, out_bytes - 1);
	if (length <= 0)
		return false;
	out[length] = '\0';
	return true;
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFBLK:
		return "block";
	case S_IFCHR:
		return "char";
	case S_IFLNK:
		return "link";
	case S_IFDIR:
		return "folder";
	default:
		return "file";
	}
}

/* What it is can only be asked while it is there. */
static void set_kind(json_t *fields, const char *path)
{
	char target[PATH_MAX], safe[WIRE_TEXT_MAX_BYTES + 1];
	struct stat status;
	ssize_t length;

	if (lstat(path, &status) < 0) {
		json_object_set_new(fields, "kind", json_string("unknown"));
		return;
	}
	json_object_set_new(fields, "kind", json_string(kind_of(status.st_mode)));
	if (!S_ISLNK(status.st_mode))
		return;
	length = readlink(path, target, sizeof(target));
	if (length < 0)
		return;
	text_make_safe(safe, sizeof(safe), target, (size_t)length);
	json_object_set_new(fields, "target", json_string(safe));
}

static void put(const struct nodes *nodes, const struct processes *processes, struct queue *queue,
		const char *path, pid_t pid, bool appeared)
{
	pid_t program = processes_program(processes, pid);
	const char *by = "other";
	char safe[WIRE_TEXT_MAX_BYTES + 1];
	json_t *fields;

	if (pid == nodes->devtmpfs)
		by = "devtmpfs";
	else if (processes_is_mdev(processes, pid))
		by = "mdev";
	text_make_safe(safe, sizeof(safe), path, strlen(path));
	fields = json_pack("{s:s, s:s, s:s, s:I}", "state", appeared ? "appeared" : "gone", "path",
			   safe, "by", by, "pid", (json_int_t)pid);
	if (!fields)
		return;
	if (program > 0 && program != pid)
		json_object_set_new(fields, "parent_pid", json_integer(program));
	if (appeared)
		set_kind(fields, path);
	else
		json_object_set_new(fields, "kind", json_string("unknown"));
	queue_put(queue, EVENT_NODE, clock_us(), fields);
}

static void take(const struct nodes *nodes, const struct processes *processes, struct queue *queue,
		 const struct fanotify_event_metadata *event)
{
	struct fanotify_event_info_fid *info = (struct fanotify_event_info_fid *)(event + 1);
	struct file_handle *handle = (struct file_handle *)info->handle;
	const char *name = (const char *)handle->f_handle + handle->handle_bytes;
	char folder[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];

	if (event->mask & FAN_Q_OVERFLOW) {
		queue_put(queue, EVENT_LOST, clock_us(), json_pack("{s:s}", "what", "nodes"));
		return;
	}
	if (event->event_len < sizeof(*event) + sizeof(*info) ||
	    info->hdr.info_type != FAN_EVENT_INFO_TYPE_DFID_NAME)
		return;
	if (!name_folder(nodes, handle, folder, sizeof(folder)))
		snprintf(folder, sizeof(folder), NODES_DIR "/?"); /* it is gone by now */
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	/* The kernel merges what happens to one name in a row: what there is now
	 * tells which came last. */
	if (event->mask & (FAN_DELETE | FAN_MOVED_FROM) &&
	    event->mask & (FAN_CREATE | FAN_MOVED_TO)) {
		struct stat status;
		bool there = lstat(path, &status) == 0;

		put(nodes, processes, queue, path, event->pid, !there);
		put(nodes, processes, queue, path, event->pid, there);
		return;
	}
	put(nodes, processes, queue, path, event->pid,
	    (event->mask & (FAN_CREATE | FAN_MOVED_TO)) != 0);
}

void nodes_read(struct nodes *nodes, const struct processes *processes, struct queue *queue)
{
	char buffer[8192] __attribute__((aligned(8)));
	ssize_t got;

	while ((got = read(nodes->fd, buffer, sizeof(buffer))) > 0) {
		const struct fanotify_event_metadata *event = (void *)buffer;

		for (; FAN_EVENT_OK(event, got); event = FAN_EVENT_NEXT(event, got)) {
			take(nodes, processes, queue, event);
			if (event->fd >= 0)
				close(event->fd);
		}
	}
}
