/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Apart from guest.c: parsing a command line needs no more. */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

int guest_arch_wish(enum guest_arch *ret_arch, struct fault *fault)
{
	const char *given = getenv("GROW_DISK_GUEST_ARCH");

	*ret_arch = guest_arch_host();
	if (!given || !given[0])
		return 0;
	for (int i = 0; guest_arch_words[i]; i++) {
		if (strcmp(guest_arch_words[i], given) != 0)
			continue;
		*ret_arch = (enum guest_arch)i;
		return 0;
	}
	fault_set(fault, REASON_USAGE, "There is no guest for the processor %.64s", given);
	return fault_hint(fault, "GROW_DISK_GUEST_ARCH can be x86_64 or aarch64");
}
