/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits that this process runs under, and hands on to QEMU: each may look like another
 * fault from outside. */
#ifndef VM_QEMU_PROCESS_LIMITS_H
#define VM_QEMU_PROCESS_LIMITS_H

#include "base/fault.h"

#include <stdint.h>

#define PROCESS_UNLIMITED UINT64_MAX

/* Address space in bytes (ulimit -v), the size of a file in bytes (ulimit -f), and the
 * number of processes and threads of the user (ulimit -u); or PROCESS_UNLIMITED. */
uint64_t process_limit_address_space(void);
uint64_t process_limit_file_size(void);
uint64_t process_limit_processes(void);

/* In bytes: the smallest limit of the memory cgroups (version 1 or 2) that this process
 * is in, or PROCESS_UNLIMITED. */
uint64_t process_limit_cgroup(void);

/* The same for a list of cgroups as in /proc/self/cgroup, and the folder where the
 * hierarchies are mounted. */
uint64_t process_limit_of_cgroups(const char *list_path, const char *mount_path);

/* The fault for a process or thread that could not be started (no-memory), with the limit
 * of the user if there is one: "who: why; ...". Always -1. */
int process_limit_fault(const char *who, const char *why, struct fault *fault);

#endif
