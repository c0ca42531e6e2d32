/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk without a partition table, which one file system, or one layer, fills: as a table with one
 * part, whose number is 0 and whose start LBA is 0. It is such a disk only if just one of the kinds
 * that this project knows has its magic number there, and there is no table. */
#ifndef TABLE_WHOLE_H
#define TABLE_WHOLE_H

#include "table.h"

#define WHOLE_NUMBER 0

#endif
