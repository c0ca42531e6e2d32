/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command of the host's user: its three standard streams go over ports of
 * their own. */
#ifndef AGENT_COMMAND_H
#define AGENT_COMMAND_H

#include "agent/report.h"
#include "wire/request.h"

#include <stdint.h>

struct command_result {
	int exit_status;
	uint64_t output_bytes, error_bytes; /* that went to the host */
};

/* Run it to its end. Then command_release must follow, once the host was told of
 * the result: it waits until the host has received everything. Fault: internal. */
int command_run(int wire_in, const struct shell_request *request, struct agent_report *report,
		struct command_result *ret_result, struct fault *fault);
int command_release(int wire_in, struct agent_report *report, struct fault *fault);

#endif
