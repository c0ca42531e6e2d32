/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk.h"

#include <stdio.h>

const char *disk_part_name(unsigned number, char out[static DISK_PART_NAME_BYTES])
{
	if (number == 0)
		return "the disk";
	snprintf(out, DISK_PART_NAME_BYTES, "partition %u", number);
	return out;
}
