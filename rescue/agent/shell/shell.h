/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shell for people, on the serial console. */
#ifndef AGENT_SHELL_H
#define AGENT_SHELL_H

#include "agent/boot/tools_mount.h"
#include "agent/report.h"
#include "wire/request.h"

#define SHELL_PATH "PATH=/sbin:/bin:" TOOLS_FOLDER

/* Run it, with job control, until it ends. The window has the size that the
 * request tells, and follows what the host says on the wire meanwhile.
 * ret_exit_status may be NULL. Fault: internal. */
int shell_run(int wire_in, const struct request *request, struct agent_report *report,
	      int *ret_exit_status, struct fault *fault);

/* Busybox's other names, where they are not there yet. Fault: internal. */
int shell_install_applets(struct fault *fault);

/* What a shell would say of such a status of waitpid(2). */
int shell_exit_status(int wait_status);

#endif
