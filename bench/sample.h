/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a family of processes, and a folder of files, take at this moment. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stdint.h>

/* The sum of the proportional set sizes (PSS) of all processes below this one, in bytes. PSS counts
 * a page that n processes share as 1/n for each, so the sum is what they really take; page cache is
 * not in it. */
uint64_t sample_memory_bytes(void);

/* What the regular files in the folder take on the disk (st_blocks), in bytes; ret_log_bytes: those
 * whose name fits the pattern, which may be NULL. Ends the program if there is no such folder. */
uint64_t sample_disk_bytes(const char *folder, const char *log_pattern, uint64_t *ret_log_bytes);

/* What all processors have worked since the machine was started, in seconds: user, system and
 * interrupts. */
double sample_machine_cpu_s(void);

#endif
