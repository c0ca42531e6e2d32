/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs as they start and end: from the kernel's process events, and from what
 * hotplug helpers tell of themselves. Source: drivers/connector/cn_proc.c, linux/cn_proc.h. */
#ifndef RECORDER_PROCESSES_H
#define RECORDER_PROCESSES_H

#include "base/fault.h"
#include "queue.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESSES_MAX	   32768 /* pid_max of a machine of up to 32 processors */
#define PROCESSES_CPUS_MAX 64

struct processes {
	int fd;
	struct {
		pid_t parent;
		bool started;	   /* its start was recorded, its end not */
		bool has_program;  /* its start was recorded */
		bool is_mdev;	   /* mdev, or a program that it runs */
		int64_t helper_us; /* when it told that it is one; 0: it did not */
		bool is_helper;	   /* mdev, for one event */
	} table[PROCESSES_MAX];
	bool numbered[PROCESSES_CPUS_MAX];
	uint32_t next_number[PROCESSES_CPUS_MAX]; /* events are counted for each processor */
	int helpers_running;
	uint64_t helpers_after_seqnum; /* those for later events are counted */
	uint64_t helpers_started;
	int64_t last_us; /* when a helper started or ended last */
};

/* Listen from now on. Fault: internal. */
int processes_open(struct processes *processes, struct fault *fault);

/* Record all that is waiting. What a helper tells must be read again before its end
 * is recorded: before_end is called for that. */
void processes_read(struct processes *processes, struct queue *queue,
		    void (*before_end)(void *context), void *context);

struct processes_event {
	uint64_t seqnum;
	const char *action, *devpath, *subsystem;
};

/* Record that this process is the mdev of an event, by its own word. */
void processes_helper(struct processes *processes, struct queue *queue, pid_t pid, int64_t t_us,
		      struct processes_event event);

/* The process itself, or the nearest above it, that started a program: a shell's
 * children need not. 0: none is known. */
pid_t processes_program(const struct processes *processes, pid_t pid);

/* Was that process mdev, or a script of it? Known until the pid is used again. */
bool processes_is_mdev(const struct processes *processes, pid_t pid);

#endif
