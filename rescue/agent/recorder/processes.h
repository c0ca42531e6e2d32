/* Programs as they start and end, mdev above all: from the kernel's process
 * events. Source: drivers/connector/cn_proc.c, linux/cn_proc.h. */
#ifndef RECORDER_PROCESSES_H
#define RECORDER_PROCESSES_H

#include "base/fault.h"
#include "queue.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESSES_MAX	   32768 /* pid_max of a machine of up to 32 processors */
#define PROCESSES_CPUS_MAX 64
#define PROCESSES_HELD_MAX 64 /* bytes of "remove:sda2" */

struct processes {
	int fd;
	struct {
		pid_t parent;
		bool started;	  /* its start was recorded, its end not */
		bool has_program; /* its start was recorded */
		bool is_mdev;	  /* mdev, or a program that it runs */
		bool is_helper;	  /* mdev, for one event */
	} table[PROCESSES_MAX];
	bool numbered[PROCESSES_CPUS_MAX];
	uint32_t next_number[PROCESSES_CPUS_MAX]; /* events are counted for each processor */
	int helpers_running;
	int64_t last_us; /* when a helper started or ended last */

	/* The mdev to hold up, and until when. */
	char hold_up[PROCESSES_HELD_MAX];
	int64_t hold_up_us;
	pid_t held;
	int64_t held_until_us;
};

/* Listen from now on. Fault: internal. */
int processes_open(struct processes *processes, struct fault *fault);

/* Record all that is waiting. */
void processes_read(struct processes *processes, struct queue *queue);

/* Let the mdev go on that was held up, when its time has come. How long to wait
 * for that, in ms; -1: none is held up. */
int processes_release(struct processes *processes, struct queue *queue);

/* The process itself, or the nearest above it, that started a program: a shell's
 * children need not. 0: none is known. */
pid_t processes_program(const struct processes *processes, pid_t pid);

/* Was that process mdev, or a script of it? Known until the pid is used again. */
bool processes_is_mdev(const struct processes *processes, pid_t pid);

#endif
