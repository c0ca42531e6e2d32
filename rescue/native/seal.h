/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seal of a process that reads a disk nobody trusts: what it may still ask the kernel
 * for. In two layers, since Landlock holds for one thread and its children, and has to come
 * before there are more; the filter of system calls comes last, when no process and no
 * thread has to be made any more. */
#ifndef NATIVE_SEAL_H
#define NATIVE_SEAL_H

#include "base/fault.h"

#include <stdbool.h>
#include <stdint.h>

/* No new privileges; no file by its name, no TCP, no signals to others (Landlock without any
 * path); no core dumps, no files that grow, memory and processor time within limits. Called
 * by the only thread. Fault no-accelerator: this kernel cannot do it. */
int seal_files(uint64_t memory_bytes, unsigned cpu_seconds, struct fault *fault);

/* Only the calls of seal_calls.c, for all threads. -1 with errno. */
int seal_calls(bool waits_for_children);

/* From inside, after the layers: NULL if all that must fail does, else the name of the first
 * thing that can be done. seal_test_files comes before seal_calls, which would hide that
 * Landlock is not in force. */
const char *seal_test_files(void);
const char *seal_test_calls(void);

#endif
