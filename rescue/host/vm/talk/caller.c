/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "caller.h"

#include <errno.h>
#include <unistd.h>

int caller_read(struct caller *caller, struct fault *fault)
{
	char bytes[16];
	ssize_t got = read(caller->fd, bytes, sizeof(bytes));

	if (got > 0 && caller->awaits_disk && bytes[0] == CALLER_READY_LARGE)
		caller->sector_bytes = 4096;
	if (got > 0)
		caller->awaits_disk = false;
	if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	caller->fd = -1;
	if (caller->awaits_disk)
		return fault_set(fault, REASON_INTERRUPTED,
				 "the program that started the virtual machine has ended before "
				 "the disk was ready");
	return fault_set(fault, REASON_INTERRUPTED,
			 "the program that started the virtual machine has ended");
}
