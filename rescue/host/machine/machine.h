/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verb "machine": one virtual machine, with all that can be chosen of it. For tests
 * and traces. */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

/* argv[0] is "machine". Returns the exit status. */
int verb_machine(int argc, char *argv[]);

#endif
