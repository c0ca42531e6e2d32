/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attach.h"

#include "base/cleanup.h"
#include "host/vm/qemu/native.h"
#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define DISK_MS 60000

/* A command that is about the disk. */
static int execute(struct session *session, const char *command, json_t *arguments, int fd,
		   struct fault *fault)
{
	char text[300];
	int result = session_execute(session, command, arguments, fd, fault);

	if (result <= 0)
		return result;
	qmp_error_text(session->monitor.answer, text, sizeof(text));
	fault_set(fault, REASON_DISK_IO, "QEMU cannot use the disk: %s", text);
	if (strstr(text, " lock"))
		fault_hint(fault, "another program has the disk or its image open: end it first");
	return -1;
}

/* Give QEMU copies of our descriptors. */
static int pass_disk(const struct disk_plan *disk, struct session *session, struct fault *fault)
{
	struct disk_fd fds[DISK_FDS_MAX];
	int count = disk_fds(disk, fds);

	for (int i = 0; i < count; i++)
		if (execute(session, "add-fd", json_pack("{s:i}", "fdset-id", fds[i].set),
			    fds[i].fd, fault) < 0)
			return -1;
	return 0;
}

static int add_node(const struct conversation *conversation, struct session *session,
		    struct fault *fault)
{
	const struct disk_plan *disk = conversation->disk;
	json_t *node;

	if (!disk->inherited && pass_disk(disk, session, fault) < 0)
		return -1;
	node = disk_node(disk);
	if (!node)
		return fault_set(fault, REASON_DISK_IO, "the name of a backing file is not UTF-8");
	return execute(session, "blockdev-add", node, -1, fault);
}

static int give_to_native(const struct conversation *conversation, struct session *session,
			  struct fault *fault)
{
	json_t *export =
		json_pack("{s:s, s:s, s:s, s:s, s:b}", "type", "nbd", "id", "disk", "node-name",
			  "disk", "name", "disk", "writable", (int)!conversation->disk->read_only);

	return execute(session, "block-export-add", export, -1, fault) < 0
		       ? -1
		       : native_give_disk(&session->machine, session->caller->sector_bytes, fault);
}

int attach_disk(const struct conversation *conversation, struct session *session,
		struct fault *fault)
{
	enum request_kind kind = conversation->request->kind;

	if (add_node(conversation, session, fault) < 0)
		return -1;
	session->sequence.disk_attached = true; /* the guest may see it before QEMU answers */
	if (kind == REQUEST_GROW || request_only_reads(kind))
		watchdog_arm_disk(&session->dog, DISK_MS);
	if (conversation->accel == ACCEL_NATIVE)
		return give_to_native(conversation, session, fault);
	return execute(session, "device_add",
		       hardware_device(conversation->attach, session->caller->sector_bytes), -1,
		       fault);
}

/* The user's file system needs programs that this guest does not have in itself. */
static int open_tools(const char *path, struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	fault_set_errno(fault, REASON_FS_TOOLS_MISSING, errno,
			"the programs for this kind of file system cannot be read: %s", path);
	return fault_hint(fault, "build them with make (make demo alone does not), or install "
				 "grow-disk again");
}

int attach_tools(const struct conversation *conversation, struct session *session,
		 struct fault *fault)
{
	cleanup_fd int fd = open_tools(conversation->tools_path, fault);

	if (fd < 0 ||
	    execute(session, "add-fd", json_pack("{s:i}", "fdset-id", FDSET_TOOLS), fd, fault) <
		    0 ||
	    execute(session, "blockdev-add", disk_read_node("tools", FDSET_TOOLS), -1, fault) < 0)
		return -1;
	return execute(session, "device_add", hardware_read_device("tools", WIRE_TOOLS_SERIAL), -1,
		       fault);
}

/* The key comes as a disk: it is on no command line, in no file with a name and in no text that is
 * kept; and a saved machine never had it. */
int attach_key(const struct conversation *conversation, struct session *session,
	       struct fault *fault)
{
	if (execute(session, "add-fd", json_pack("{s:i}", "fdset-id", FDSET_KEY),
		    conversation->key_fd, fault) < 0 ||
	    execute(session, "blockdev-add", disk_read_node("key", FDSET_KEY), -1, fault) < 0)
		return -1;
	return execute(session, "device_add", hardware_read_device("key", WIRE_KEY_SERIAL), -1,
		       fault);
}
