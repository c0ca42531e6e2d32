/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "about.h"

#include "host/console.h"
#include "host/result/result.h"

#include <stdio.h>

enum status about_print(const char *program, const char *help)
{
	struct console console;
	struct fault fault;

	if (help)
		fputs(help, stdout);
	else
		printf("%s %s\n", program, GROW_DISK_VERSION);
	if (result_flush(&fault) == 0)
		return STATUS_OK;
	console_open(&console, program, false, false);
	console_fault(&console, &fault);
	return reason_status(fault.reason);
}
