/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm.h"

#include "base/cleanup.h"
#include "host/signals.h"
#include "host/vm/qemu/exit_reason.h"
#include "host/vm/qemu/process_limits.h"
#include "host/vm/talk/caller.h"
#include "keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define LINE_MAX_BYTES (64 * 1024) /* an event of the guest has at most 4 KiB */
#define CLOSE_MS       3000

/* QEMU would refuse a descriptor that is open in another way than it wants to use it. */
static int check_fd(int fd, int mode, const char *what, struct fault *fault)
{
	int flags = fcntl(fd, F_GETFL);

	if (fd > STDERR_FILENO && flags >= 0 && (flags & O_ACCMODE) == mode)
		return 0;
	return fault_set(fault, REASON_INTERNAL, "%s is not open for %s", what,
			 mode == O_RDWR ? "reading and writing" : "reading alone");
}

static int check_disk(const struct vm_spec *spec, struct fault *fault)
{
	const struct vm_disk *disk = &spec->disk;
	int mode = request_only_reads(spec->request.kind) ? O_RDONLY : O_RDWR;

	if (disk->fd < 0)
		return 0;
	if (check_fd(disk->fd, mode, "the disk", fault) < 0)
		return -1;
	if (!disk->backing.format || disk->backing.fd < 0)
		return 0;
	return check_fd(disk->backing.fd, O_RDONLY, "the backing file", fault);
}

/* The other end is the keeper's, and may block. */
static int open_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		if (fcntl(pair[i], F_SETFD, FD_CLOEXEC) < 0)
			return -1;
	return fcntl(pair[0], F_SETFL, O_NONBLOCK);
}

static int start_keeper(const struct vm_spec *spec, struct vm *vm, int keeper_fd,
			struct fault *fault)
{
	pid_t parent = getpid();
	sigset_t before;

	signals_hold(&before);
	vm->pid = fork();
	if (vm->pid == 0)
		keeper_run(spec, parent, keeper_fd);
	signals_release(&before);
	if (vm->pid > 0)
		return 0;
	vm->pid = 0;
	return process_limit_fault("cannot start a process", strerror(errno), fault);
}

int vm_start(const struct vm_spec *spec, struct vm *ret_vm, struct fault *fault)
{
	int pair[2] = { -1, -1 };
	cleanup_fd int keeper_fd = -1;
	bool failed;

	*ret_vm = (struct vm){ .fd = -1,
			       .prepares = spec->disk.fd < 0,
			       .memory_mib = spec->memory_mib };
	if (check_disk(spec, fault) < 0)
		return -1;
	ret_vm->events = json_array();
	if (!ret_vm->events)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	failed = open_pair(pair) < 0;
	ret_vm->fd = pair[0];
	keeper_fd = pair[1];
	if (failed)
		return fault_set_errno(fault, REASON_INTERNAL, errno, "cannot make a socket pair");
	if (line_reader_open(&ret_vm->reader, ret_vm->fd, LINE_MAX_BYTES) < 0)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	return start_keeper(spec, ret_vm, keeper_fd, fault);
}

int vm_disk_ready(struct vm *vm, uint32_t sector_bytes, struct fault *fault)
{
	const char ready = sector_bytes > 512 ? CALLER_READY_LARGE : CALLER_READY;

	/* A keeper that has gone already is no failure here: vm_read will tell. */
	if (send(vm->fd, &ready, 1, MSG_NOSIGNAL) == 1 || errno == EPIPE || errno == ECONNRESET)
		return 0;
	return fault_set_errno(fault, REASON_INTERNAL, errno,
			       "cannot tell the virtual machine that the disk is ready");
}

static const char *event_name(const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));

	return name ? name : "";
}

static json_t *last_event(const struct vm *vm)
{
	size_t count = json_array_size(vm->events);

	return count > 0 ? json_array_get(vm->events, count - 1) : NULL;
}

/* Of beats in a row only the last one is kept: there may be days of them. */
static int keep_event(struct vm *vm, json_t *event)
{
	bool again = strcmp(event_name(event), "beat") == 0 &&
		     strcmp(event_name(last_event(vm)), "beat") == 0;

	if (again)
		return json_array_set_new(vm->events, json_array_size(vm->events) - 1, event);
	return json_array_append_new(vm->events, event);
}

static int take_lines(struct vm *vm, struct fault *fault)
{
	char *line;
	size_t size_bytes;
	int found;

	while ((found = line_reader_next(&vm->reader, &line, &size_bytes)) > 0) {
		json_t *event = json_loadb(line, size_bytes, JSON_REJECT_DUPLICATES, NULL);

		if (event_name(event)[0] == '\0') {
			json_decref(event);
			found = -1;
			break;
		}
		if (keep_event(vm, event) < 0)
			return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	}
	if (found < 0)
		return fault_set(fault, REASON_INTERNAL,
				 "the virtual machine's keeper sent a line that is no event");
	return 0;
}

static void reap(struct vm *vm)
{
	while (waitpid(vm->pid, &vm->wait_status, 0) < 0 && errno == EINTR)
		;
	vm->pid = 0;
	vm->ended = true;
}

int vm_read(struct vm *vm, struct fault *fault)
{
	if (vm->ended)
		return 0;
	/* A keeper that was killed may have left a reset instead of an end. */
	if (line_reader_fill(&vm->reader) < 0)
		vm->reader.end_of_file = true;
	if (take_lines(vm, fault) < 0)
		return -1;
	if (vm->reader.end_of_file)
		reap(vm);
	return 0;
}

void vm_stop(struct vm *vm)
{
	if (vm->pid > 0)
		(void)kill(vm->pid, SIGTERM);
}

void vm_kill(struct vm *vm)
{
	if (vm->pid > 0)
		(void)kill(vm->pid, SIGKILL);
}

/* Give the keeper time to end by itself: then it also ends the children of QEMU. */
static void end_keeper(struct vm *vm)
{
	int64_t deadline_ms = clock_ms() + CLOSE_MS;

	vm_stop(vm);
	while (vm->pid > 0 && clock_ms() < deadline_ms) {
		if (waitpid(vm->pid, &vm->wait_status, WNOHANG) == vm->pid) {
			vm->pid = 0;
			vm->ended = true;
		} else {
			poll(NULL, 0, 5);
		}
	}
	vm_kill(vm);
	if (vm->pid > 0)
		reap(vm);
}

void vm_close(struct vm *vm)
{
	close_fdp(&vm->fd); /* the keeper is not to wait for us to read */
	if (vm->pid > 0)
		end_keeper(vm);
	line_reader_close(&vm->reader);
	json_decref(vm->events);
	vm->events = NULL;
}

json_t *vm_event(const struct vm *vm, const char *name)
{
	for (size_t i = json_array_size(vm->events); i > 0; i--) {
		json_t *event = json_array_get(vm->events, i - 1);

		if (strcmp(event_name(event), name) == 0)
			return event;
	}
	return NULL;
}

static int take_fault(const json_t *event, struct fault *fault)
{
	const char *reason = json_string_value(json_object_get(event, "reason"));
	const char *message = json_string_value(json_object_get(event, "message"));
	const char *hint = json_string_value(json_object_get(event, "hint"));
	enum reason known = reason ? reason_of_word(reason) : REASON_NONE;

	fault_set(fault, known == REASON_NONE ? REASON_INTERNAL : known, "%s",
		  message ? message : "the virtual machine failed without a reason");
	return fault_hint(fault, "%s", hint ? hint : "");
}

static int explain_silence(const struct vm *vm, struct fault *fault)
{
	bool signaled = WIFSIGNALED(vm->wait_status);
	int number = signaled ? WTERMSIG(vm->wait_status) : WEXITSTATUS(vm->wait_status);

	if (signaled && number == SIGKILL && exit_reason_small_cgroup(vm->memory_mib, fault))
		return -1;
	fault_set(fault, REASON_GUEST_DIED,
		  "the process of the virtual machine ended without a result (%s %d)",
		  signaled ? "signal" : "exit status", number);
	return fault_hint(fault, "try again; if it happens again, report it");
}

int vm_verdict(const struct vm *vm, struct fault *fault)
{
	const json_t *last = last_event(vm);
	bool ended_well = vm->ended && WIFEXITED(vm->wait_status) &&
			  WEXITSTATUS(vm->wait_status) == STATUS_OK;

	if (strcmp(event_name(last), "fault") == 0)
		return take_fault(last, fault);
	if (!vm->ended)
		return fault_set(fault, REASON_INTERNAL, "the virtual machine still runs");
	if (ended_well && (vm->prepares || strcmp(event_name(last), "done") == 0))
		return 0;
	return explain_silence(vm, fault);
}
