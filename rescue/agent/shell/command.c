/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include "agent/boot/port.h"
#include "base/cleanup.h"
#include "base/relay.h"
#include "controls.h"
#include "shell.h"
#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define PORT_TIMEOUT_MS 10000
#define ALIVE_MS	100
#define EXEC_FAILED	127

enum stream { INPUT, OUTPUT, ERROR, STREAMS };

static const char *const port_names[] = { WIRE_INPUT_NAME, WIRE_OUTPUT_NAME, WIRE_ERROR_NAME };

struct command {
	struct agent_report *report;
	pid_t pid;
	int wait_status;
	bool ended;
	struct relay relays[STREAMS];
	int theirs[STREAMS];  /* the child's ends of the pipes */
	uint64_t input_bytes; /* all that there are; once it is known */
	struct controls controls;
	bool received;
};

static void on_control(void *context, const struct control *control)
{
	struct command *command = context;

	if (control->kind == CONTROL_INPUT_END)
		command->input_bytes = control->bytes;
	else if (control->kind == CONTROL_RECEIVED)
		command->received = true;
}

/* Our end never blocks. The ports could not be given to the command as they are:
 * each can be opened only once, which /dev/stdout would try again. */
static int open_stream(struct command *command, enum stream stream, struct fault *fault)
{
	struct relay *relay = &command->relays[stream];
	int pair[2], port = port_open(port_names[stream], PORT_TIMEOUT_MS, fault);

	if (port < 0)
		return -1;
	if (pipe2(pair, O_CLOEXEC) < 0) {
		close(port);
		return fault_set_errno(fault, REASON_INTERNAL, errno, "no pipe for the command");
	}
	relay->from = stream == INPUT ? port : pair[0];
	relay->to = stream == INPUT ? pair[1] : port;
	command->theirs[stream] = stream == INPUT ? pair[0] : pair[1];
	(void)fcntl(stream == INPUT ? pair[1] : pair[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static void close_streams(struct command *command)
{
	for (int i = 0; i < STREAMS; i++) {
		close_fdp(&command->relays[i].from);
		close_fdp(&command->relays[i].to);
		close_fdp(&command->theirs[i]);
	}
}

static _Noreturn void become_command(const struct command *command, const char *text)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)text, NULL };
	static char *const environment[] = { (char *)"HOME=/root", (char *)"TERM=dumb",
					     (char *)SHELL_PATH, NULL };
	int input = command->theirs[INPUT];

	(void)setsid();
	signal(SIGPIPE, SIG_DFL);
	if (input < 0)
		input = open("/dev/null", O_RDONLY);
	if (input < 0 || dup2(input, STDIN_FILENO) < 0 ||
	    dup2(command->theirs[OUTPUT], STDOUT_FILENO) < 0 ||
	    dup2(command->theirs[ERROR], STDERR_FILENO) < 0)
		_exit(EXEC_FAILED);
	(void)!chdir("/root");
	execve("/bin/sh", argv, environment);
	_exit(EXEC_FAILED);
}

/* All of the host's input has come: the command sees its end. */
static void check_input(struct command *command)
{
	struct relay *input = &command->relays[INPUT];

	if (input->to >= 0 && (input->broken || input->ended ||
			       (relay_is_empty(input) && input->bytes >= command->input_bytes))) {
		input->ended = true;
		input->at = input->used = 0;
		close_fdp(&input->to);
	}
}

static void reap(struct command *command)
{
	int status;
	pid_t child;

	while ((child = waitpid(-1, &status, WNOHANG)) > 0)
		if (child == command->pid) {
			command->wait_status = status;
			command->ended = true;
		}
}

/* Wait for something, and handle it. Whether anything has moved. */
static bool pump(struct command *command)
{
	struct pollfd slots[STREAMS + 1];
	bool moved = false;

	for (int i = 0; i < STREAMS; i++)
		slots[i] = relay_slot(&command->relays[i]);
	slots[STREAMS] = (struct pollfd){ .fd = command->controls.reader.fd, .events = POLLIN };
	agent_report_alive(command->report);
	(void)poll(slots, STREAMS + 1, command->ended ? 0 : ALIVE_MS);
	for (int i = 0; i < STREAMS; i++) {
		moved = moved || (i != INPUT && slots[i].fd >= 0 && slots[i].revents);
		(void)relay_step(&command->relays[i], &slots[i]);
	}
	if (slots[STREAMS].revents & POLLIN)
		controls_read(&command->controls);
	check_input(command);
	return moved;
}

/* Until the command has ended, and then until there is nothing of what it wrote
 * that has not gone: what it wrote last may come in the same moment as its end.
 * What its own children in the background write later is nobody's. */
static void serve(struct command *command)
{
	const struct relay *output = &command->relays[OUTPUT], *error = &command->relays[ERROR];
	bool ended_before, moved;

	do {
		bool waits = !relay_is_empty(output) || !relay_is_empty(error);

		ended_before = command->ended;
		moved = pump(command);
		reap(command);
		if (command->ended && !ended_before)
			(void)kill(-1, SIGKILL); /* its children, which might write for ever */
		if (ended_before && !moved && waits)
			poll(NULL, 0, 5); /* the host does not take it now */
	} while (!ended_before || moved || !relay_is_empty(output) || !relay_is_empty(error));
}

static int start(struct command *command, const struct shell_request *request, struct fault *fault)
{
	for (int i = request->input ? INPUT : OUTPUT; i < STREAMS; i++)
		if (open_stream(command, (enum stream)i, fault) < 0)
			return -1;
	command->pid = fork();
	if (command->pid == 0)
		become_command(command, request->command);
	if (command->pid < 0)
		return fault_set_errno(fault, REASON_NO_MEMORY, errno, "no process for a command");
	for (int i = 0; i < STREAMS; i++)
		close_fdp(&command->theirs[i]);
	return 0;
}

int command_run(int wire_in, const struct shell_request *request, struct agent_report *report,
		struct command_result *ret_result, struct fault *fault)
{
	struct command command = { .report = report,
				   .input_bytes = UINT64_MAX,
				   .controls = { .on_control = on_control } };
	int result;

	command.controls.context = &command;
	for (int i = 0; i < STREAMS; i++)
		command.relays[i].from = command.relays[i].to = command.theirs[i] = -1;
	command.relays[INPUT].ended = !request->input;
	if (controls_open(&command.controls, wire_in, fault) < 0)
		return -1;
	result = start(&command, request, fault);
	if (result == 0) {
		agent_report_stage(report, "shell");
		serve(&command);
		*ret_result = (struct command_result){
			.exit_status = shell_exit_status(command.wait_status),
			.output_bytes = command.relays[OUTPUT].bytes,
			.error_bytes = command.relays[ERROR].bytes,
		};
	}
	close_streams(&command);
	controls_close(&command.controls);
	return result;
}

int command_release(int wire_in, struct agent_report *report, struct fault *fault)
{
	struct command command = { .controls = { .on_control = on_control } };

	command.controls.context = &command;
	if (controls_open(&command.controls, wire_in, fault) < 0)
		return -1;
	while (!command.received) {
		struct pollfd wire = { .fd = wire_in, .events = POLLIN };

		agent_report_alive(report);
		if (poll(&wire, 1, ALIVE_MS) > 0 && !(wire.revents & POLLIN))
			poll(NULL, 0, ALIVE_MS);
		controls_read(&command.controls);
	}
	controls_close(&command.controls);
	return 0;
}
