/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find a part by what its entry says of itself. */
#ifndef TABLE_FIND_H
#define TABLE_FIND_H

#include "table.h"

/* The one part with that PARTUUID, as Linux writes it: the GUID of its entry in a GPT, in an MBR
 * the disk signature and the number ("1234abcd-02"); in letters of any case. NULL: there is none,
 * or more than one. */
const struct table_part *table_find_uuid(const struct table_parts *parts, const char *uuid);

/* The one part of a GPT with that name. NULL as above. */
const struct table_part *table_find_name(const struct table_parts *parts, const char *name);

#endif
