/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --help and --version of the commands that people type. */
#ifndef HOST_ABOUT_H
#define HOST_ABOUT_H

#include "base/reason.h"

/* Print help on standard output or, where it is NULL, the program's name and version. Return the
 * exit status: that of no-space or disk-io, with a message, if standard output cannot be written.
 */
enum status about_print(const char *program, const char *help);

#endif
