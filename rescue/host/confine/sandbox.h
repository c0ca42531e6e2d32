/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program of QEMU (qemu-img, qemu-storage-daemon) may do to the host, should
 * the image that it parses take it over: read its own libraries and what is granted,
 * write what is granted, and nothing else; no network, no new privileges. */
#ifndef CONFINE_SANDBOX_H
#define CONFINE_SANDBOX_H

#include "host/program.h"

/* Rules for a program that is started from this path. A descriptor that is closed on
 * exec; -1: this kernel has no Landlock. Grants without a path are passed over. */
int sandbox_open(const char *program_path, const struct grant *grants, size_t count);

/* In the child, right before exec: nothing can be taken back. 0, or -1 with errno.
 * rules_fd -1: only the filter of system calls. */
int sandbox_enter(int rules_fd);

#endif
