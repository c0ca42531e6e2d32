/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user_streams.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "wire/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_MS      5000
#define LAST_WORDS_MS 2000
#define SHELL_STAGE   "shell"

enum { INPUT, OUTPUT, ERROR };

/* A terminal or a pipe whose reader pauses must not hold us up: a description of
 * our own never blocks, and that of others stays as it is. Where that cannot be,
 * the descriptor itself. */
static int open_output(int fd)
{
	char path[32];
	struct stat status;
	int own = -1;

	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	if (isatty(fd) || (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode)))
		own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own < 0 ? fd : own;
}

int user_streams_open(struct user_streams *user, bool terminal, bool streams, struct fault *fault)
{
	*user = (struct user_streams){ .has_terminal = terminal,
				       .has_streams = streams,
				       .terminal = { .fd = -1 } };
	for (int i = 0; i < USER_STREAMS; i++)
		user->harmless[i] = i != INPUT && isatty(i);
	for (int i = OUTPUT; i <= ERROR; i++)
		user->outputs[i] = user->has_streams ? open_output(i) : i;
	return user->has_terminal ? terminal_open(&user->terminal, fault) : 0;
}

void user_streams_close(struct user_streams *user)
{
	user_streams_end(user);
	for (int i = OUTPUT; i <= ERROR; i++)
		if (user->outputs[i] > STDERR_FILENO)
			close_fdp(&user->outputs[i]);
	terminal_close(&user->terminal);
}

void user_streams_describe(const struct user_streams *user, struct request *request)
{
	terminal_size(&user->terminal, &request->rows, &request->columns);
	request->shell.input = user->has_streams && !isatty(STDIN_FILENO);
}

static int send_control(const struct user_streams *user, const struct control *control,
			struct fault *fault)
{
	char *line = control_format(control);
	int result = 0;

	if (!line)
		return fault_set(fault, REASON_NO_MEMORY, "out of memory");
	if (write_all(user->wire_fd, line, strlen(line), WRITE_MS) < 0 ||
	    write_all(user->wire_fd, "\n", 1, WRITE_MS) < 0)
		result = fault_set_errno(fault, REASON_GUEST_DIED, errno,
					 "the guest does not take a line");
	free(line);
	return result;
}

int user_streams_resize(struct user_streams *user, struct fault *fault)
{
	struct control control = { .kind = CONTROL_WINDOW };

	if (!user->active || !user->has_terminal)
		return 0;
	terminal_size(&user->terminal, &control.rows, &control.columns);
	return send_control(user, &control, fault);
}

static void connect_relays(struct user_streams *user, const struct machine *machine)
{
	const int *guest = machine->stream_fds;

	memset(user->relays, 0, sizeof(user->relays));
	if (user->has_terminal) {
		user->relays[INPUT].from = user->relays[OUTPUT].to = user->terminal.fd;
		user->relays[INPUT].to = user->relays[OUTPUT].from = machine->console_fd;
		user->relays[ERROR].ended = true;
		return;
	}
	user->relays[INPUT].from = STDIN_FILENO;
	user->relays[INPUT].to = guest[INPUT];
	user->relays[INPUT].ended = isatty(STDIN_FILENO);
	user->input_told = user->relays[INPUT].ended;
	for (int i = OUTPUT; i <= ERROR; i++) {
		user->relays[i].from = guest[i];
		user->relays[i].to = user->outputs[i];
	}
}

int user_streams_stage(struct user_streams *user, const struct machine *machine, const char *stage,
		       struct fault *fault)
{
	bool is_shell = strcmp(stage, SHELL_STAGE) == 0;

	if (is_shell == user->active || (!user->has_terminal && !user->has_streams))
		return 0;
	if (!is_shell) {
		user_streams_end(user);
		return 0;
	}
	user->active = true;
	user->wire_fd = machine->wire_fd;
	connect_relays(user, machine);
	if (!user->has_terminal)
		return 0;
	terminal_enter(&user->terminal);
	return user_streams_resize(user, fault);
}

void user_streams_slots(const struct user_streams *user, struct pollfd slots[USER_STREAMS])
{
	for (int i = 0; i < USER_STREAMS; i++)
		slots[i] =
			user->active ? relay_slot(&user->relays[i]) : (struct pollfd){ .fd = -1 };
}

/* As it is in UTF-8, or in an encoding of one byte: no character that commands a
 * terminal, but the ends of lines and tabs. */
static void make_harmless(char *data, size_t count, bool *within_c1)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char byte = (unsigned char)data[i];

		if ((byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7f ||
		    (*within_c1 && byte >= 0x80 && byte < 0xa0))
			data[i] = '?';
		*within_c1 = byte == 0xc2;
	}
}

/* Look at the bytes just read: copy the console, make output harmless, find the escape. */
static int look_at(struct user_streams *user, int relay, size_t count, struct tail *console,
		   struct fault *fault)
{
	char *data = user->relays[relay].data;

	if (user->has_terminal && relay == OUTPUT)
		tail_feed(console, data, count);
	else if (user->has_streams && user->harmless[relay])
		make_harmless(data, count, &user->within_c1[relay]);
	if (!user->has_terminal || relay != INPUT ||
	    !terminal_is_escape(&user->terminal, data, count, clock_ms()))
		return 0;
	return fault_set(fault, REASON_INTERRUPTED, "ended by Ctrl-] three times");
}

/* A command's input has ended, or all of its output has come. */
static int tell_ends(struct user_streams *user, struct fault *fault)
{
	const struct relay *input = &user->relays[INPUT];
	struct control control = { .kind = CONTROL_INPUT_END, .bytes = input->bytes };

	if (!user->input_told && input->ended && relay_is_empty(input)) {
		user->input_told = true;
		if (send_control(user, &control, fault) < 0)
			return -1;
	}
	if (!user->awaits_rest || user->relays[OUTPUT].bytes < user->output_bytes ||
	    user->relays[ERROR].bytes < user->error_bytes)
		return 0;
	user->awaits_rest = false;
	control.kind = CONTROL_RECEIVED;
	return send_control(user, &control, fault);
}

static int output_lost(int error, struct fault *fault)
{
	bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;

	if (error == EPIPE)
		return fault_set(fault, REASON_INTERRUPTED, "nobody reads the output any more");
	return fault_set_errno(fault, full ? REASON_NO_SPACE : REASON_DISK_IO, error,
			       "the output cannot be written");
}

/* A read or write that failed must not pass for the end of the stream. */
static int check_relays(const struct user_streams *user, struct fault *fault)
{
	const struct relay *input = &user->relays[INPUT];

	for (int i = OUTPUT; i <= ERROR; i++)
		if (user->relays[i].broken)
			return output_lost(user->relays[i].error, fault);
	if (user->has_terminal && input->ended)
		return fault_set(fault, REASON_INTERRUPTED, "the terminal is gone");
	if (user->has_streams && input->ended && input->error != 0)
		return fault_set_errno(fault, REASON_DISK_IO, input->error,
				       "standard input cannot be read");
	return 0;
}

int user_streams_step(struct user_streams *user, const struct pollfd slots[USER_STREAMS],
		      struct tail *console, struct fault *fault)
{
	for (int i = 0; i < USER_STREAMS && user->active; i++) {
		size_t count = relay_step(&user->relays[i], &slots[i]);

		if (count > 0 && look_at(user, i, count, console, fault) < 0)
			return -1;
	}
	if (!user->active)
		return 0;
	if (check_relays(user, fault) < 0)
		return -1;
	return user->has_streams ? tell_ends(user, fault) : 0;
}

int user_streams_exit(struct user_streams *user, const json_t *event, struct fault *fault)
{
	const json_t *output = json_object_get(event, "output_bytes");
	const json_t *error = json_object_get(event, "error_bytes");

	if (!user->active || !user->has_streams)
		return 0;
	user->output_bytes = (uint64_t)json_integer_value(output);
	user->error_bytes = (uint64_t)json_integer_value(error);
	user->awaits_rest = true;
	return tell_ends(user, fault);
}

/* The guest's console is with us before it says that the shell has ended. */
static void take_last_words(struct relay *output)
{
	int64_t deadline_ms = clock_ms() + LAST_WORDS_MS;

	while (!output->broken && clock_ms() < deadline_ms) {
		struct pollfd slot = relay_slot(output);
		bool is_reading = relay_is_empty(output);

		if (slot.fd < 0 || (poll(&slot, 1, is_reading ? 0 : 100) <= 0 && is_reading))
			return;
		(void)relay_step(output, &slot);
	}
}

void user_streams_end(struct user_streams *user)
{
	if (!user->active)
		return;
	if (user->has_terminal)
		take_last_words(&user->relays[OUTPUT]);
	user->active = false;
	terminal_leave(&user->terminal);
}
