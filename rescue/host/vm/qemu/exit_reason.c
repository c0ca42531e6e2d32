/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "exit_reason.h"

#include "base/text.h"
#include "host/vm/confine/confine.h"
#include "process_limits.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define MIB (UINT64_C(1) << 20)

/* QEMU takes about 150 MiB above the guest's memory; the rest is for its neighbours in
 * the cgroup. */
#define CGROUP_MARGIN_MIB 512

/* QEMU was seen to start with 1.5 GiB of address space above the guest's memory: what to
 * ask for. */
#define SPACE_MARGIN_MIB 2048

/* Address space that is enough for every machine of that memory. */
#define ENOUGH_SPACE(memory_mib) (((memory_mib) + CONFINE_MEMORY_MARGIN_MIB) * MIB)

/* QEMU got no memory. Our own limit is higher than its needs, so a lower one was
 * inherited. */
static int explain_no_memory(const struct exit_facts *facts, const char *complaint,
			     struct fault *fault)
{
	uint64_t limit_bytes = process_limit_address_space();
	char limit[TEXT_SIZE_CHARS];

	if (limit_bytes >= ENOUGH_SPACE(facts->memory_mib))
		return fault_set(fault, REASON_NO_MEMORY, "QEMU: %s", complaint);
	fault_set(fault, REASON_NO_MEMORY,
		  "the address space of this process is limited to %s (ulimit -v), too little for "
		  "QEMU: %s",
		  text_of_size(limit, limit_bytes), complaint);
	return fault_hint(fault,
			  "raise the limit (ulimit -v unlimited; a batch system: ask for "
			  "%u GiB of virtual memory), then try again",
			  (facts->memory_mib + SPACE_MARGIN_MIB + 1023) / 1024);
}

bool exit_reason_small_cgroup(unsigned memory_mib, struct fault *fault)
{
	uint64_t limit_bytes = process_limit_cgroup();
	char limit[TEXT_SIZE_CHARS];

	if (limit_bytes >= (memory_mib + CGROUP_MARGIN_MIB) * MIB)
		return false;
	fault_set(fault, REASON_NO_MEMORY,
		  "the virtual machine was killed; its memory cgroup allows only %s",
		  text_of_size(limit, limit_bytes));
	fault_hint(fault,
		   "raise the limit to %u MiB (memory.max, MemoryMax=, docker -m), then "
		   "try again",
		   memory_mib + CGROUP_MARGIN_MIB);
	return true;
}

static bool was_killed(const struct exit_facts *facts)
{
	return WIFSIGNALED(facts->wait_status) && WTERMSIG(facts->wait_status) == SIGKILL;
}

int exit_reason_explain(const struct exit_facts *facts, struct fault *fault)
{
	int status = facts->wait_status;
	char how[64], complaint[TAIL_LINE_BYTES], console[TAIL_LINE_BYTES];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "exit status %d", WEXITSTATUS(status));
	tail_last_line(facts->complaint, complaint, sizeof(complaint));
	tail_last_line(facts->console, console, sizeof(console));
	/* The second is the dynamic linker's message. */
	if (tail_mentions(facts->complaint, "allocate memory") ||
	    tail_mentions(facts->complaint, "failed to map segment"))
		return explain_no_memory(facts, complaint, fault);
	if (tail_mentions(facts->complaint, strerror(EAGAIN)))
		return process_limit_fault("QEMU", complaint, fault);
	if (was_killed(facts) && exit_reason_small_cgroup(facts->memory_mib, fault))
		return -1;
	fault_set(fault, REASON_GUEST_DIED,
		  "the virtual machine ended before its work was done (%s)%s%s%s%s", how,
		  complaint[0] ? "; QEMU: " : "", complaint, console[0] ? "; console: " : "",
		  console);
	if (was_killed(facts))
		fault_hint(fault, "the host may be short of memory (dmesg)");
	return -1;
}

bool exit_reason_lacks_sandbox(const struct exit_facts *facts)
{
	return tail_mentions(facts->complaint, "sandbox") ||
	       (facts->exited && WIFSIGNALED(facts->wait_status) &&
		WTERMSIG(facts->wait_status) == SIGSYS);
}

bool exit_reason_gave_up(const struct exit_facts *facts)
{
	return facts->exited && WIFEXITED(facts->wait_status) &&
	       WEXITSTATUS(facts->wait_status) != 0;
}
