/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker.h"

#include "base/cleanup.h"
#include "base/spawn_start.h"
#include "order.h"
#include "seal.h"
#include "shim.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define PIPE_BYTES (256 << 10)

int e2fsck_main(int argc, char *argv[]);
int resize2fs_main(int argc, char *argv[]);
int f2fs_main(int argc, char *argv[]);	/* which one it is, it tells by its name */
int btrfs_main(int argc, char *argv[]); /* its check alone */
int xfs_repair_main(int argc, char *argv[]);

/* The tools that are linked into this program. */
static const struct {
	const char *name;
	int (*main)(int argc, char *argv[]);
} tools[] = {
	{ "e2fsck", e2fsck_main },  { "resize2fs", resize2fs_main },
	{ "fsck.f2fs", f2fs_main }, { "resize.f2fs", f2fs_main },
	{ "btrfs", btrfs_main },    { "xfs_repair", xfs_repair_main },
};

#define TOOLS ((int)(sizeof(tools) / sizeof(tools[0])))

/* One of them, as the agent sees it. Descriptors are -1 once used. */
struct worker {
	pid_t pid;
	int order_fd, output_fd, channel_fd;
};

/* What spawn_start takes the next one from: it is called in the place of a fork, and has no
 * argument for it. */
static struct {
	struct worker list[WORKERS_MAX];
	int count, used;
	const struct nbd *nbd;
	struct shared *shared;
} pool;

static int place_streams(int output_fd, int channel_fd)
{
	return dup2(output_fd, STDOUT_FILENO) < 0 || dup2(output_fd, STDERR_FILENO) < 0 ||
			       dup2(channel_fd, SPAWN_CHANNEL_FD) < 0
		       ? -1
		       : 0;
}

static _Noreturn void work(int order_fd, struct shared *shared)
{
	struct order order;
	struct nbd nbd = { .fd = -1 };
	char *argv[ORDER_ARGUMENTS_MAX + 1];
	int argc;

	if (order_receive(order_fd, &order, &nbd) < 0)
		_exit(0); /* the agent has ended, and did not need us */
	argc = order_arguments(&order, argv);
	if (argc < 1 || order.tool >= TOOLS || seal_test_calls() != NULL)
		_exit(WORKER_EXIT_FAILED);
	shim_open_disk(shared, &nbd, true);
	atexit(shim_leave_disk);
	optind = 0; /* getopt(3): our own arguments were read with it */
	exit(tools[order.tool].main(argc, argv));
}

/* In the child. It keeps its end of the orders, and its standard streams. */
static _Noreturn void become_worker(struct shared *shared, int order_fd, int output_fd,
				    int channel_fd, pid_t parent)
{
	int orders = fcntl(order_fd, F_DUPFD, 64), output = fcntl(output_fd, F_DUPFD, 64),
	    channel = fcntl(channel_fd, F_DUPFD, 64);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "grow-disk-tool");
	if (getppid() != parent || orders < 0 || output < 0 || channel < 0 ||
	    place_streams(output, channel) < 0 || dup2(orders, WORKER_ORDER_FD) < 0)
		_exit(WORKER_EXIT_FAILED);
	close_range(WORKER_ORDER_FD + 1, ~0U, 0);
	close(STDIN_FILENO);
	if (seal_calls(false) < 0)
		_exit(WORKER_EXIT_FAILED);
	work(WORKER_ORDER_FD, shared);
}

static int fork_one(struct worker *worker, struct shared *shared, struct fault *fault)
{
	int orders[2] = { -1, -1 }, output[2] = { -1, -1 }, channel[2] = { -1, -1 };
	pid_t parent = getpid();

	*worker = (struct worker){ 0, -1, -1, -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, orders) == 0 &&
	    pipe2(output, O_CLOEXEC) == 0 && pipe2(channel, O_CLOEXEC) == 0) {
		fcntl(output[1], F_SETPIPE_SZ, PIPE_BYTES); /* smaller ones do, too */
		fcntl(channel[1], F_SETPIPE_SZ, PIPE_BYTES);
		worker->pid = fork();
	} else {
		worker->pid = -1;
	}
	if (worker->pid == 0)
		become_worker(shared, orders[1], output[1], channel[1], parent);
	if (worker->pid < 0)
		fault_set_errno(fault, REASON_NO_MEMORY, errno, "a worker cannot be started");
	worker->order_fd = orders[0];
	worker->output_fd = output[0];
	worker->channel_fd = channel[0];
	close_fdp(&orders[1]);
	close_fdp(&output[1]);
	close_fdp(&channel[1]);
	return worker->pid < 0 ? -1 : 0;
}

int workers_fork(int count, struct shared *shared, struct fault *fault)
{
	pool.shared = shared;
	for (pool.count = 0; pool.count < count && pool.count < WORKERS_MAX; pool.count++)
		if (fork_one(&pool.list[pool.count], shared, fault) < 0)
			return -1;
	return 0;
}

void workers_use_disk(const struct nbd *nbd)
{
	pool.nbd = nbd;
}

static int find_tool(const char *path)
{
	const char *slash = strrchr(path, '/');

	for (int i = 0; i < TOOLS; i++)
		if (strcmp(tools[i].name, slash ? slash + 1 : path) == 0)
			return i;
	return -1;
}

bool workers_know(const char *program)
{
	return find_tool(program) >= 0;
}

int spawn_start(const struct spawn *spawn, struct spawn_child *ret_child, struct fault *fault)
{
	struct worker *worker = pool.used < pool.count ? &pool.list[pool.used] : NULL;
	int tool = find_tool(spawn->argv[0]);

	if (tool < 0 || !worker)
		return fault_set(fault, REASON_NEEDS_MACHINE,
				 tool < 0 ? "%s is not in the sealed process"
					  : "%s had to be run too often for the sealed process",
				 spawn->argv[0]);
	pool.used++;
	/* The agent itself is user 0. */
	if (order_send(worker->order_fd, tool, spawn->argv, pool.nbd, (uint8_t)pool.used) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "%s cannot be started",
				       spawn->argv[0]);
	close_fdp(&worker->order_fd);
	*ret_child = (struct spawn_child){ worker->pid, steal_fd(&worker->output_fd),
					   steal_fd(&worker->channel_fd) };
	return 0;
}

int spawn_judge(const struct spawn *spawn, int exit_status, struct fault *fault)
{
	if (exit_status == SHIM_EXIT_DISK) /* main.c knows the cause */
		return fault_set(fault, REASON_DISK_IO, "%s could not use the disk",
				 spawn->argv[0]);
	if (exit_status == SHIM_EXIT_MEMORY)
		return fault_set(fault, REASON_FS_NEEDS_MEMORY, "%s needed more memory",
				 spawn->argv[0]);
	if (exit_status == WORKER_EXIT_FAILED)
		return fault_set(fault, REASON_INTERNAL, "%s cannot be started", spawn->argv[0]);
	return 0;
}
