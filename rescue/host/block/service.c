/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "block.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/confine/landlock.h"
#include "host/image/detect.h"
#include "host/image/qemu_option.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define SOCKET_NAME   "nbd"
#define ARGUMENTS_MAX 16

static int start_daemon(struct block *block, const struct block_files *files, int listen_fd,
			int monitor_fd, const struct programs *programs, struct fault *fault)
{
	const struct image *image = files->image;
	char option[QEMU_OPTION_BYTES], chardev[64], server[64];
	char node[QEMU_OPTION_BYTES + 64];
	const char *argv[ARGUMENTS_MAX] = { "qemu-storage-daemon",
					    "--blockdev",
					    node,
					    "--chardev",
					    chardev,
					    "--monitor",
					    "chardev=qmp",
					    "--nbd-server",
					    server,
					    "--export",
					    "type=nbd,id=image,node-name=image,name=image" };
	struct program program = {
		.argv = argv,
		.grants = { { image_at(image), MAY_READ },
			    { files->log_path, MAY_READ },
			    { image_has_others(image) ? "/" : NULL, MAY_READ } },
		.fds = { image->read_fd, listen_fd, monitor_fd,
			 files->log_path ? files->log_fd : 0 },
	};

	image_qemu_option(image, image->read_fd, option);
	snprintf(node, sizeof(node), "node-name=image,read-only=on,%s", option);
	snprintf(chardev, sizeof(chardev), "socket,id=qmp,fd=%d", monitor_fd);
	snprintf(server, sizeof(server), "addr.type=fd,addr.str=%d", listen_fd);
	return program_start(programs, &program, &block->daemon, fault);
}

int block_start(struct block *block, const struct block_files *files,
		const struct programs *programs, struct fault *fault)
{
	cleanup_fd int listen_fd = -1, monitor_fd = -1;
	int pair[2];

	*block = (struct block){ .interrupt = programs->interrupt,
				 .qmp_fd = -1,
				 .socket = { .folder_fd = -1 },
				 .daemon = { .output_fd = -1, .errors_fd = -1 } };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "No socket can be made");
	block->qmp_fd = pair[0];
	monitor_fd = pair[1];
	listen_fd = private_socket_listen(&block->socket, files->work_folder, SOCKET_NAME, fault);
	if (listen_fd < 0)
		return -1;
	(void)fcntl(block->qmp_fd, F_SETFL, O_NONBLOCK);
	if (qmp_open(&block->qmp, block->qmp_fd, fault) < 0)
		return -1;
	return start_daemon(block, files, listen_fd, monitor_fd, programs, fault);
}

/* Why it has gone, by its own words. */
int block_explain(struct block *block, struct fault *fault)
{
	struct program_end end = { 0 };

	program_stop(&block->daemon, end.complaint);
	return program_fault(&end, REASON_DISK_IO, fault, "The disk cannot be opened");
}

/* Wait for the next message of QMP. */
static int await_message(struct block *block, enum qmp_kind *ret_kind, json_t **ret_message,
			 struct fault *fault)
{
	for (;;) {
		struct pollfd slots[] = {
			{ .fd = block->interrupt->signals_fd, .events = POLLIN },
			{ .fd = block->qmp_fd, .events = POLLIN },
		};
		int found = qmp_next(&block->qmp, ret_kind, ret_message, fault);

		if (found != 0)
			return found < 0 ? -1 : 0;
		if (block->qmp.reader.end_of_file)
			return block_explain(block, fault);
		(void)poll(slots, 2, -1);
		if (interrupt_check(block->interrupt, fault) < 0)
			return -1;
		if (slots[1].revents && line_reader_fill(&block->qmp.reader) < 0)
			return block_explain(block, fault);
	}
}

static int execute(struct block *block, const char *command, json_t *arguments, struct fault *fault)
{
	enum qmp_kind kind = QMP_EVENT;
	char text[300];
	json_t *message;

	if (qmp_send(&block->qmp, command, arguments, -1, fault) < 0)
		return block_explain(block, fault);
	while (kind == QMP_EVENT || kind == QMP_GREETING) {
		if (await_message(block, &kind, &message, fault) < 0)
			return -1;
		if (kind == QMP_ERROR) {
			struct program_end end = { 0 };

			qmp_error_text(message, end.complaint, sizeof(text));
			program_fault(&end, REASON_INTERNAL, fault, "The log cannot be read back");
		}
		json_decref(message);
	}
	return kind == QMP_RETURN ? 0 : -1;
}

int block_add_log(struct block *block, const struct block_files *files, struct fault *fault)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", files->log_fd);
	if (execute(block, "qmp_capabilities", NULL, fault) < 0)
		return -1;
	if (execute(block, "blockdev-add",
		    json_pack("{s:s, s:s, s:b, s:s, s:{s:s, s:s, s:s}}", "driver", "qcow2",
			      "node-name", "log", "read-only", 1, "backing", "image", "file",
			      "driver", "file", "filename", name, "locking", "off"),
		    fault) < 0)
		return -1;
	return execute(block, "block-export-add",
		       json_pack("{s:s, s:s, s:s, s:s, s:b}", "type", "nbd", "id", "log",
				 "node-name", "log", "name", "log", "allocation-depth", 1),
		       fault);
}

int block_connect(struct block *block, struct fault *fault)
{
	int fd = private_socket_connect(&block->socket);

	return fd < 0 ? block_explain(block, fault) : fd;
}

void block_close(struct block *block)
{
	program_stop(&block->daemon, NULL);
	qmp_close(&block->qmp);
	close_fdp(&block->qmp_fd);
	private_socket_close(&block->socket);
}
