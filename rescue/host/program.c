/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "program.h"

#include "base/cleanup.h"
#include "base/io.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#define OUTPUT_MAX_BYTES (16 << 20)
#define LAST_READS	 4096

static void keep_output(struct program_process *process, struct program_end *end, const char *bytes,
			size_t size_bytes)
{
	if (end->output_bytes + size_bytes > OUTPUT_MAX_BYTES)
		return;
	if (end->output_bytes + size_bytes + 1 > process->output_room) {
		size_t room = 2 * (end->output_bytes + size_bytes) + 1;
		char *larger = realloc(end->output, room);

		if (!larger)
			return;
		end->output = larger;
		process->output_room = room;
	}
	memcpy(end->output + end->output_bytes, bytes, size_bytes);
	end->output_bytes += size_bytes;
	end->output[end->output_bytes] = '\0';
}

static void read_output(struct program_process *process, const struct program *program,
			struct program_end *end)
{
	char bytes[16384];
	ssize_t got = read(process->output_fd, bytes, sizeof(bytes));

	if (got > 0 && program->on_output)
		program->on_output(program->context, bytes, (size_t)got);
	else if (got > 0)
		keep_output(process, end, bytes, (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		close_fdp(&process->output_fd);
}

static void read_errors(struct program_process *process)
{
	char bytes[sizeof(process->errors)];
	ssize_t got = read(process->errors_fd, bytes, sizeof(bytes));
	size_t room = sizeof(process->errors) - 1 - process->errors_bytes;

	if (got > 0) {
		size_t kept = (size_t)got < room ? (size_t)got : room;

		memcpy(process->errors + process->errors_bytes, bytes, kept);
		process->errors_bytes += kept;
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_fdp(&process->errors_fd);
	}
}

/* Milliseconds until the child has to be killed; -1: no limit. */
static int heed_signals(struct program_process *process, const struct programs *programs,
			const struct program *program)
{
	struct interrupt *interrupt = programs->interrupt;
	int64_t left_ms;

	if (!interrupt_came(interrupt))
		return -1;
	if (!process->asked && !program->finishes)
		(void)kill(process->pid, SIGTERM);
	process->asked = true;
	left_ms = interrupt->at_ms + INTERRUPT_GRACE_MS - clock_ms();
	if (left_ms > 0)
		return (int)left_ms;
	(void)kill(process->pid, SIGKILL);
	return 100;
}

/* Read what is there, after waiting for it; false: there was nothing in time. */
static bool read_streams(struct program_process *process, const struct programs *programs,
			 const struct program *program, struct program_end *end, int timeout_ms)
{
	struct pollfd slots[] = {
		{ .fd = process->output_fd, .events = POLLIN },
		{ .fd = process->errors_fd, .events = POLLIN },
		{ .fd = timeout_ms == 0 ? -1 : programs->interrupt->signals_fd, .events = POLLIN },
	};

	if (poll(slots, 3, timeout_ms) <= 0)
		return false;
	if (slots[0].revents)
		read_output(process, program, end);
	if (slots[1].revents)
		read_errors(process);
	return true;
}

/* Until it has ended and all that it said is read: its end wakes us by SIGCHLD. */
static int await(struct program_process *process, const struct programs *programs,
		 const struct program *program, struct program_end *end)
{
	int status = 0;

	for (;;) {
		int timeout_ms = heed_signals(process, programs, program);

		if (waitpid(process->pid, &status, WNOHANG) == process->pid)
			break;
		(void)read_streams(process, programs, program, end, timeout_ms);
	}
	/* A child of it may still hold the pipes, and write for ever. */
	for (int reads = 0; reads < LAST_READS; reads++)
		if (!read_streams(process, programs, program, end, 0))
			break;
	return status;
}

/* What stands behind the name of the program, in a line of its; NULL: the line does not begin with
 * that. xorriso has a blank before the colon. */
static const char *behind_name(const char *line, const char *name)
{
	const size_t length = strlen(name);

	if (length == 0 || strncmp(line, name, length) != 0)
		return NULL;
	line += length;
	line += *line == ' ' ? 1 : 0;
	return line[0] == ':' && line[1] == ' ' ? line + 2 : NULL;
}

/* The last line that begins with the name of the program: qemu-img says first that it cannot
 * remove what it could not make, and then why; banners and hints do not begin so. If no line does,
 * the first line counts. */
static void note_complaint(const struct program_process *process,
			   char complaint[PROGRAM_COMPLAINT_BYTES])
{
	const char *found = NULL, *line = process->errors;
	size_t length = strcspn(line, "\n");
	const char *colon = memchr(line, ':', length);

	for (const char *next = line; *next; next += strcspn(next, "\n"), next += *next ? 1 : 0) {
		const char *behind = behind_name(next, process->name);

		found = behind ? behind : found;
	}
	if (!found)
		found = colon && colon[1] == ' ' ? colon + 2 : line;
	length = strcspn(found, "\n");
	if (length > 0 && found[length - 1] == '.')
		length--;
	snprintf(complaint, PROGRAM_COMPLAINT_BYTES, "%.*s", (int)length, found);
}

int program_run(const struct programs *programs, const struct program *program,
		struct program_end *ret_end, struct fault *fault)
{
	struct program_process process;
	int status;

	*ret_end = (struct program_end){ 0 };
	if (program_start(programs, program, &process, fault) < 0)
		return -1;
	status = await(&process, programs, program, ret_end);
	close_fdp(&process.output_fd);
	close_fdp(&process.errors_fd);
	note_complaint(&process, ret_end->complaint);
	ret_end->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	ret_end->signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (process.asked && !program->finishes) {
		program_end_close(ret_end);
		return interrupt_check(programs->interrupt, fault);
	}
	return 0;
}

void program_stop(struct program_process *process, char ret_complaint[PROGRAM_COMPLAINT_BYTES])
{
	int status;

	if (process->pid > 0) {
		(void)kill(process->pid, SIGKILL);
		while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	process->pid = 0;
	if (process->errors_fd >= 0)
		read_errors(process);
	if (ret_complaint)
		note_complaint(process, ret_complaint);
	close_fdp(&process->output_fd);
	close_fdp(&process->errors_fd);
}

void program_end_close(struct program_end *end)
{
	free(end->output);
	end->output = NULL;
}

/* QEMU and xorriso name an errno by its words in the C locale. */
static enum reason reason_of(const char *complaint, enum reason otherwise)
{
	if (strstr(complaint, strerror(EIO)) || strstr(complaint, "I/O error"))
		return REASON_DISK_IO;
	if (strstr(complaint, strerror(ENOSPC)) || strstr(complaint, strerror(EDQUOT)) ||
	    strstr(complaint, "exceeds free space") /* xorriso */)
		return REASON_NO_SPACE;
	if (strstr(complaint, strerror(ENOMEM)))
		return REASON_NO_MEMORY;
	return otherwise;
}

int program_fault(const struct program_end *end, enum reason reason, struct fault *fault,
		  const char *format, ...)
{
	char message[sizeof(fault->message)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (end->signal_number == SIGKILL)
		return fault_set(
			fault, REASON_NO_MEMORY,
			"%.300s: the program was killed (SIGKILL), probably because memory ran out",
			message);
	if (end->signal_number == SIGXCPU)
		return fault_set(fault, reason,
				 "%.300s: the program exceeded its limit of processor time",
				 message);
	if (end->signal_number != 0)
		return fault_set(fault, reason, "%.300s: signal %d (%s) ended the program", message,
				 end->signal_number, strsignal(end->signal_number));
	return fault_set(fault, reason_of(end->complaint, reason), "%.300s%s%.200s", message,
			 end->complaint[0] ? ": " : "", end->complaint);
}
