/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ending.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

int ending_explain(const struct session *session, struct fault *fault)
{
	int status = session->machine.wait_status;
	char how[64], complaint[TAIL_LINE_BYTES], console[TAIL_LINE_BYTES];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "exit status %d", WEXITSTATUS(status));
	tail_last_line(&session->complaint, complaint, sizeof(complaint));
	tail_last_line(&session->console, console, sizeof(console));
	if (tail_mentions(&session->complaint, "allocate memory"))
		return fault_set(fault, REASON_NO_MEMORY, "QEMU: %s", complaint);
	fault_set(fault, REASON_GUEST_DIED,
		  "the virtual machine ended before its work was done (%s)%s%s%s%s", how,
		  complaint[0] ? "; QEMU: " : "", complaint, console[0] ? "; console: " : "",
		  console);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		fault_hint(fault, "the host may be short of memory (dmesg)");
	return -1;
}

bool ending_lacks_sandbox(const struct session *session)
{
	int status = session->machine.wait_status;

	return tail_mentions(&session->complaint, "sandbox") ||
	       (session->machine.exited && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

bool ending_gave_up(const struct session *session)
{
	int status = session->machine.wait_status;

	return session->machine.exited && WIFEXITED(status) && WEXITSTATUS(status) != 0;
}
