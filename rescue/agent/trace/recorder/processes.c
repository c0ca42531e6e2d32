/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "processes.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define MDEV		     "/sbin/mdev"
#define RECEIVE_BUFFER_BYTES (4 * 1024 * 1024)
#define DEPTH_MAX	     16 /* parents go round in circles when numbers are used again */
#define SAFE_TEXT_BYTES	     (WIRE_TEXT_MAX_BYTES + 1)

/* Tell the kernel to send them; and the answer is an event like others. */
static int ask(int fd)
{
	struct {
		struct nlmsghdr header;
		struct cn_msg message;
		enum proc_cn_mcast_op operation;
	} __attribute__((packed)) request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = NLMSG_DONE },
		.message = { .id = { CN_IDX_PROC, CN_VAL_PROC },
			     .len = sizeof(enum proc_cn_mcast_op) },
		.operation = PROC_CN_MCAST_LISTEN,
	};

	return send(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request) ? 0 : -1;
}

int processes_open(struct processes *processes, struct fault *fault)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int buffer_bytes = RECEIVE_BUFFER_BYTES;
	cleanup_fd int fd =
		socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || ask(fd) < 0)
		return fault_set_errno(fault, REASON_INTERNAL, errno,
				       "no process events from the kernel");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes));
	processes->fd = steal_fd(&fd);
	return 0;
}

bool processes_is_mdev(const struct processes *processes, pid_t pid)
{
	return pid > 0 && pid < PROCESSES_MAX && processes->table[pid].is_mdev;
}

pid_t processes_program(const struct processes *processes, pid_t pid)
{
	for (int depth = 0; depth < DEPTH_MAX && pid > 0 && pid < PROCESSES_MAX; depth++) {
		if (processes->table[pid].has_program)
			return pid;
		pid = processes->table[pid].parent;
	}
	return 0;
}

/* All of a file below /proc/PID, NUL after it. 0 when the process has ended. */
static size_t read_file(pid_t pid, const char *name, char *out, size_t out_bytes)
{
	char path[64];
	cleanup_fd int fd = -1;
	ssize_t got;
	size_t used = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && used < out_bytes - 1 &&
	       (got = read(fd, out + used, out_bytes - 1 - used)) > 0)
		used += (size_t)got;
	out[used] = '\0';
	return used;
}

static void set_text(json_t *fields, const char *key, const char *text)
{
	char safe[SAFE_TEXT_BYTES];

	text_make_safe(safe, sizeof(safe), text, strlen(text));
	json_object_set_new(fields, key, json_string(safe));
}

/* The command line as one text, its arguments apart by blanks. */
static void set_command(json_t *fields, char *command, size_t size_bytes)
{
	const char *slash = strrchr(command, '/');

	set_text(fields, "program", slash ? slash + 1 : command);
	for (size_t i = 0; i + 1 < size_bytes; i++)
		if (command[i] == '\0')
			command[i] = ' ';
	set_text(fields, "command", command);
}

/* The kernel's thread that starts its helpers. */
#define KTHREADD 2

/* Those of the kernel tell themselves. What is read of others here may be too
 * late: they have ended already. Then the start is told without. */
static void take_exec(struct processes *processes, struct queue *queue, pid_t pid, int64_t t_us)
{
	pid_t parent = processes->table[pid].parent;
	char command[1024];
	size_t command_bytes;
	json_t *fields;

	if (parent == KTHREADD)
		return;
	fields = json_pack("{s:s, s:I}", "state", "start", "pid", (json_int_t)pid);
	if (!fields)
		return;
	command_bytes = read_file(pid, "cmdline", command, sizeof(command));
	if (command_bytes > 0)
		set_command(fields, command, command_bytes);
	if (parent > 0)
		json_object_set_new(fields, "parent_pid", json_integer(parent));
	processes->table[pid].started = processes->table[pid].has_program = true;
	processes->table[pid].is_mdev =
		strncmp(command, MDEV, strlen(MDEV)) == 0 || processes_is_mdev(processes, parent);
	queue_put(queue, EVENT_PROCESS, t_us, fields);
}

void processes_helper(struct processes *processes, struct queue *queue, pid_t pid, int64_t t_us,
		      struct processes_event event)
{
	char command[sizeof(MDEV) + 64];
	json_t *fields;

	if (pid <= 0 || pid >= PROCESSES_MAX)
		return;
	snprintf(command, sizeof(command), MDEV " %.60s", event.subsystem);
	fields = json_pack("{s:s, s:I, s:s, s:I, s:I}", "state", "start", "pid", (json_int_t)pid,
			   "program", "mdev", "parent_pid", (json_int_t)KTHREADD, "seqnum",
			   (json_int_t)event.seqnum);
	if (!fields)
		return;
	set_text(fields, "command", command);
	set_text(fields, "action", event.action);
	set_text(fields, "devpath", event.devpath);
	processes->table[pid].started = processes->table[pid].has_program = true;
	processes->table[pid].is_mdev = processes->table[pid].is_helper = true;
	processes->table[pid].helper_us = t_us;
	processes->helpers_running++;
	if (event.seqnum > processes->helpers_after_seqnum)
		processes->helpers_started++;
	processes->last_us = t_us;
	queue_put(queue, EVENT_PROCESS, t_us, fields);
}

static void take_exit(struct processes *processes, struct queue *queue, pid_t pid, int status,
		      int64_t t_us)
{
	json_t *fields = json_pack("{s:s, s:I}", "state", "end", "pid", (json_int_t)pid);

	if (fields && WIFSIGNALED(status))
		json_object_set_new(fields, "signal", json_integer(WTERMSIG(status)));
	else if (fields)
		json_object_set_new(fields, "exit_status", json_integer(WEXITSTATUS(status)));
	if (processes->table[pid].is_helper) {
		processes->table[pid].is_helper = false;
		processes->helpers_running--;
		processes->last_us = t_us;
	}
	processes->table[pid].started = false;
	queue_put(queue, EVENT_PROCESS, t_us, fields);
}

static bool is_known(pid_t pid)
{
	return pid > 0 && pid < PROCESSES_MAX;
}

/* Only whole processes count, not their threads. */
static void take_event(struct processes *processes, struct queue *queue,
		       const struct proc_event *event, void (*before_end)(void *context),
		       void *context)
{
	int64_t t_us = (int64_t)(event->timestamp_ns / 1000);
	pid_t pid;

	switch (event->what) {
	case PROC_EVENT_FORK:
		pid = event->event_data.fork.child_pid;
		if (!is_known(pid) || pid != event->event_data.fork.child_tgid)
			return;
		processes->table[pid].parent = event->event_data.fork.parent_tgid;
		/* What a helper has told since is read first. */
		if (processes->table[pid].helper_us >= t_us)
			return;
		processes->table[pid].started = processes->table[pid].is_helper = false;
		processes->table[pid].has_program = false;
		processes->table[pid].is_mdev =
			processes_is_mdev(processes, event->event_data.fork.parent_tgid);
		return;
	case PROC_EVENT_EXEC:
		pid = event->event_data.exec.process_pid;
		if (is_known(pid) && pid == event->event_data.exec.process_tgid)
			take_exec(processes, queue, pid, t_us);
		return;
	case PROC_EVENT_EXIT:
		pid = event->event_data.exit.process_pid;
		if (!is_known(pid) || pid != event->event_data.exit.process_tgid)
			return;
		if (processes->table[pid].parent == KTHREADD)
			before_end(context);
		if (processes->table[pid].started)
			take_exit(processes, queue, pid, (int)event->event_data.exit.exit_code,
				  t_us);
		return;
	default:
		return;
	}
}

static void tell_lost(struct queue *queue, json_int_t count)
{
	json_t *fields = json_pack("{s:s}", "what", "processes");

	if (fields && count > 0)
		json_object_set_new(fields, "count", json_integer(count));
	queue_put(queue, EVENT_LOST, clock_us(), fields);
}

/* Each processor numbers its events: a gap is a loss. */
static void check_number(struct processes *processes, struct queue *queue, uint32_t cpu,
			 uint32_t number)
{
	if (cpu >= PROCESSES_CPUS_MAX)
		return;
	if (processes->numbered[cpu] && number != processes->next_number[cpu])
		tell_lost(queue, (json_int_t)(number - processes->next_number[cpu]));
	processes->numbered[cpu] = true;
	processes->next_number[cpu] = number + 1;
}

static void take_message(struct processes *processes, struct queue *queue, const char *bytes,
			 size_t size_bytes, void (*before_end)(void *context), void *context)
{
	struct cn_msg message;
	struct proc_event event = { 0 };
	size_t at = NLMSG_HDRLEN;

	if (size_bytes < at + sizeof(message))
		return;
	memcpy(&message, bytes + at, sizeof(message));
	at += sizeof(message);
	if (message.id.idx != CN_IDX_PROC ||
	    message.len < offsetof(struct proc_event, event_data) || size_bytes < at + message.len)
		return;
	memcpy(&event, bytes + at, message.len < sizeof(event) ? message.len : sizeof(event));
	if (event.what == PROC_EVENT_NONE)
		return; /* the answer to our own message */
	check_number(processes, queue, event.cpu, message.seq);
	take_event(processes, queue, &event, before_end, context);
}

void processes_read(struct processes *processes, struct queue *queue,
		    void (*before_end)(void *context), void *context)
{
	for (;;) {
		char bytes[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
		struct sockaddr_nl sender = { 0 };
		socklen_t sender_bytes = sizeof(sender);
		ssize_t got = recvfrom(processes->fd, bytes, sizeof(bytes), 0,
				       (struct sockaddr *)&sender, &sender_bytes);

		if (got < 0 && errno == ENOBUFS) {
			tell_lost(queue, 0);
			continue;
		}
		if (got < 0)
			return;
		if (sender.nl_pid == 0)
			take_message(processes, queue, bytes, (size_t)got, before_end, context);
	}
}
