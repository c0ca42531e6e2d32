/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's memory. */
#ifndef BOOT_MEMORY_H
#define BOOT_MEMORY_H

/* Have free memory zeroed, so that it takes no room where the machine is saved. Of
 * no consequence if it fails. */
void memory_wipe(void);

#endif
