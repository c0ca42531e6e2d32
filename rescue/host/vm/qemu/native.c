/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "native.h"

#include "base/cleanup.h"
#include "base/pass_fd.h"
#include "process.h"
#include "process_limits.h"
#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#define SOCKET_NAME "disk"

/* A check before and after, each again without its list of repairs or until nothing more is
 * found, and a resize in two steps. */
#define WORKERS	    "12"
#define CPU_SECONDS "86400" /* as long as the host waits for a machine */

/* Of a storage daemon that is asked for something. A flush of what was written may take minutes. */
#define STORAGE_SILENCE_S 600

struct texts {
	char first[64], second[64], memory[16];
};

static pid_t start_storage(const struct machine_plan *plan, const int fds[CHANNELS], int listen_fd)
{
	struct texts texts;
	const char *argv[] = { "qemu-storage-daemon", "--chardev",    texts.first,  "--monitor",
			       "chardev=qmp",	      "--nbd-server", texts.second, NULL };
	struct process_plan process = { .path = plan->native->storage,
					.argv = (char *const *)argv,
					.confine = plan->confine,
					.complaint_fd = fds[CHANNEL_COMPLAINT],
					.fds = { fds[CHANNEL_QMP], listen_fd },
					.fd_count = 2 };
	struct disk_fd of_disk[DISK_FDS_MAX];
	int count = disk_fds(plan->native->disk, of_disk);

	for (int i = 0; i < count; i++)
		process.fds[process.fd_count++] = of_disk[i].fd;
	snprintf(texts.first, sizeof(texts.first), "socket,id=qmp,fd=%d", fds[CHANNEL_QMP]);
	snprintf(texts.second, sizeof(texts.second), "addr.type=fd,addr.str=%d", listen_fd);
	return process_start(&process);
}

static pid_t start_agent(const struct machine_plan *plan, const int fds[CHANNELS], int disk_fd)
{
	struct texts texts;
	const char *argv[] = { "rescue-native",
			       "--wire",
			       texts.first,
			       "--disk",
			       texts.second,
			       "--memory",
			       texts.memory,
			       "--cpu",
			       CPU_SECONDS,
			       "--workers",
			       plan->native->runs_tools ? WORKERS : "0",
			       NULL };
	struct process_plan process = { .path = plan->native->program,
					.argv = (char *const *)argv,
					.confine = plan->confine,
					.complaint_fd = fds[CHANNEL_COMPLAINT],
					.fds = { fds[CHANNEL_WIRE], disk_fd },
					.fd_count = 2 };

	snprintf(texts.first, sizeof(texts.first), "%d", fds[CHANNEL_WIRE]);
	snprintf(texts.second, sizeof(texts.second), "%d", disk_fd);
	snprintf(texts.memory, sizeof(texts.memory), "%u", plan->memory_mib);
	return process_start(&process);
}

pid_t native_start(const struct machine_plan *plan, const int fds[CHANNELS],
		   struct machine *machine, struct fault *fault)
{
	cleanup_fd int listen_fd = private_socket_listen(
		&machine->storage, plan->native->socket_folder, SOCKET_NAME, fault);
	cleanup_fd int disk_fd = -1;
	int pair[2];
	pid_t pid = -1;

	if (listen_fd < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		fault_set_errno(fault, REASON_INTERNAL, errno, "cannot make a socket pair");
		return -1;
	}
	machine->disk_fd = pair[0];
	disk_fd = pair[1];
	machine->storage_pid = start_storage(plan, fds, listen_fd);
	if (machine->storage_pid > 0)
		pid = start_agent(plan, fds, disk_fd);
	else
		machine->storage_pid = 0;
	if (pid < 0)
		process_limit_fault("cannot start a process", strerror(errno), fault);
	return pid;
}

void native_note_end(struct machine *machine, int status)
{
	if (machine->pid > 0 && !machine->disk_given)
		(void)kill(machine->pid, SIGKILL);
	if (machine->pid == 0 && (WIFSIGNALED(status) || !machine->disk_given))
		native_end_storage(machine);
}

void native_end_storage(struct machine *machine)
{
	if (machine->storage_pid > 0)
		(void)kill(machine->storage_pid, SIGKILL);
}

/* The sealed process beats while a tool waits for the disk, so only the socket knows that it waits
 * for ever. The limit stays with the socket. */
static int limit_silence(int fd)
{
	const struct timeval limit = { .tv_sec = STORAGE_SILENCE_S };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
			       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0
		       ? -1
		       : 0;
}

int native_give_disk(struct machine *machine, uint32_t sector_bytes, struct fault *fault)
{
	cleanup_fd int fd = private_socket_connect(&machine->storage);
	const char ready = sector_bytes == 4096 ? WIRE_DISK_4096 : WIRE_DISK_512;

	if (fd < 0 || limit_silence(fd) < 0 ||
	    pass_fd_send(machine->disk_fd, &ready, sizeof(ready), fd) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno,
				       "the disk cannot be given to the sealed process");
	machine->disk_given = true;
	private_socket_close(&machine->storage);
	return 0;
}
