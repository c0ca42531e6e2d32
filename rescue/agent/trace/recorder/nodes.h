/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes and links as they appear below /dev and go, and who does it.
 * Source: fanotify(7), FAN_REPORT_DFID_NAME. */
#ifndef RECORDER_NODES_H
#define RECORDER_NODES_H

#include "base/fault.h"
#include "processes.h"
#include "queue.h"

#define NODES_DIR "/dev"

struct nodes {
	int fd;
	int dir_fd;	/* NODES_DIR */
	pid_t devtmpfs; /* the kernel's thread that makes nodes; 0: not found */
};

/* Watch from now on: devtmpfs must be mounted. Fault: internal. */
int nodes_open(struct nodes *nodes, struct fault *fault);

/* Record all that is waiting. */
void nodes_read(struct nodes *nodes, const struct processes *processes, struct queue *queue);

#endif
