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
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

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

/* All of a file below /proc/PID, NUL behind it. 0 when the process has ended. */
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

/* The value of a variable among strings that each end in NUL, or NULL. */
static const char *variable(const char *strings, size_t size_bytes, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strings; at < strings + size_bytes; at += strlen(at) + 1)
		if (strncmp(at, name, length) == 0 && at[length] == '=')
			return at + length + 1;
	return NULL;
}

static void set_text(json_t *fields, const char *key, const char *text)
{
	char safe[SAFE_TEXT_BYTES];

	text_make_safe(safe, sizeof(safe), text, strlen(text));
	json_object_set_new(fields, key, json_string(safe));
}

/* Which event it was started for; false when for none. */
static bool set_event(json_t *fields, const char *environment, size_t size_bytes)
{
	const char *seqnum = variable(environment, size_bytes, "SEQNUM");
	const char *action = variable(environment, size_bytes, "ACTION");
	const char *devpath = variable(environment, size_bytes, "DEVPATH");

	if (!seqnum || !action || !devpath || seqnum[0] == '\0' || strlen(seqnum) > 18 ||
	    strspn(seqnum, "0123456789") != strlen(seqnum))
		return false;
	json_object_set_new(fields, "seqnum", json_integer(strtoll(seqnum, NULL, 10)));
	set_text(fields, "action", action);
	set_text(fields, "devpath", devpath);
	return true;
}

/* Is it the mdev to hold up? Once only. */
static bool is_wanted(const struct processes *processes, const char *environment, size_t size_bytes)
{
	const char *action = variable(environment, size_bytes, "ACTION");
	const char *devpath = variable(environment, size_bytes, "DEVPATH");
	const char *name = devpath ? strrchr(devpath, '/') : NULL;
	size_t length = action ? strlen(action) : 0;

	return name && processes->hold_up[0] != '\0' &&
	       strncmp(processes->hold_up, action, length) == 0 &&
	       processes->hold_up[length] == ':' &&
	       strcmp(processes->hold_up + length + 1, name + 1) == 0;
}

static void hold_up(struct processes *processes, pid_t pid, struct queue *queue)
{
	if (kill(pid, SIGSTOP) < 0)
		return;
	processes->held = pid;
	processes->held_until_us = clock_us() + processes->hold_up_us;
	queue_put(queue, EVENT_MARK, clock_us(),
		  json_pack("{s:s, s:s}", "what", "held-up", "text", processes->hold_up));
	processes->hold_up[0] = '\0';
}

int processes_release(struct processes *processes, struct queue *queue)
{
	int64_t left_us = processes->held_until_us - clock_us();

	if (processes->held == 0)
		return -1;
	if (left_us > 0)
		return (int)(left_us / 1000) + 1;
	(void)kill(processes->held, SIGCONT);
	processes->held = 0;
	queue_put(queue, EVENT_MARK, clock_us(), json_pack("{s:s}", "what", "let-go"));
	return -1;
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

/* What is read of the process here may be too late: it has ended already. Then
 * the start is told without. */
static void take_exec(struct processes *processes, struct queue *queue, pid_t pid, int64_t t_us)
{
	char command[1024], environment[4096];
	size_t command_bytes = read_file(pid, "cmdline", command, sizeof(command));
	size_t environment_bytes = read_file(pid, "environ", environment, sizeof(environment));
	json_t *fields = json_pack("{s:s, s:I}", "state", "start", "pid", (json_int_t)pid);
	pid_t parent = processes->table[pid].parent;
	bool runs_mdev = strncmp(command, "/sbin/mdev", 10) == 0 || strcmp(command, "mdev") == 0;

	if (!fields)
		return;
	if (command_bytes > 0)
		set_command(fields, command, command_bytes);
	if (parent > 0)
		json_object_set_new(fields, "parent_pid", json_integer(parent));
	if (runs_mdev && set_event(fields, environment, environment_bytes) &&
	    !processes->table[pid].is_helper) {
		processes->table[pid].is_helper = true;
		processes->helpers_running++;
		processes->last_us = t_us;
	}
	processes->table[pid].started = processes->table[pid].has_program = true;
	processes->table[pid].is_mdev = runs_mdev || processes_is_mdev(processes, parent);
	queue_put(queue, EVENT_PROCESS, t_us, fields);
	if (runs_mdev && is_wanted(processes, environment, environment_bytes))
		hold_up(processes, pid, queue);
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
		       const struct proc_event *event)
{
	int64_t t_us = (int64_t)(event->timestamp_ns / 1000);
	pid_t pid;

	switch (event->what) {
	case PROC_EVENT_FORK:
		pid = event->event_data.fork.child_pid;
		if (!is_known(pid) || pid != event->event_data.fork.child_tgid)
			return;
		processes->table[pid].parent = event->event_data.fork.parent_tgid;
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
		if (is_known(pid) && pid == event->event_data.exit.process_tgid &&
		    processes->table[pid].started)
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
			 size_t size_bytes)
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
	take_event(processes, queue, &event);
}

void processes_read(struct processes *processes, struct queue *queue)
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
			take_message(processes, queue, bytes, (size_t)got);
	}
}
