/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an entry of the table says that its partition is for: by the type alone. */
#ifndef PARTITION_ROLE_H
#define PARTITION_ROLE_H

#include "plan.h"

enum role {
	ROLE_OTHER,
	ROLE_HELPER, /* of use only to a system that lies elsewhere: swap, recovery, boot loaders */
	ROLE_SYSTEM, /* may hold a system: of Windows, a BSD, in LVM, LUKS */
	ROLE_LINUX,  /* the generic type of Linux */
	ROLE_ROOT    /* the root of a Linux, as the Discoverable Partitions Specification has it */
};

#define ROLE_NAME_BYTES 256 /* room for role_describe */

enum role role_of(const struct table_entry *entry);

/* Is it the type of a Linux swap? */
bool role_is_swap(const struct table_entry *entry);

/* "partition 4 (Windows recovery, 750 MiB, \"Recovery\")": what people call its type, how large
 * it is, and its name, if it has one. */
const char *role_describe(const struct partition_table *table, const struct table_entry *entry,
			  char out[static ROLE_NAME_BYTES]);

/* What lies before that entry, and looks most like the partition that somebody means who names
 * none: the root of a Linux, or else the largest that may hold a system; NULL: there is none. */
const struct table_entry *role_root_before(const struct partition_table *table,
					   const struct table_entry *entry);

#endif
