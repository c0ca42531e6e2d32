/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that wait for one order: run the main function of one tool, and end. They are
 * forked before the seal, since a sealed process can neither fork nor execute. spawn_start of
 * base/spawn_start.h gives the next of them its order. */
#ifndef NATIVE_WORKER_H
#define NATIVE_WORKER_H

#include "base/fault.h"
#include "nbd.h"
#include "shared.h"

#include <stdbool.h>

#define WORKERS_MAX NBD_USERS_MAX

/* The end of a worker that could not be sealed, or did not understand its order. */
#define WORKER_EXIT_FAILED 122

/* Fork that many, each of which seals itself. Faults: no-memory, internal. */
int workers_fork(int count, struct shared *shared, struct fault *fault);

/* Is a program of that name linked into this one? */
bool workers_know(const char *program);

/* The disk that the workers get with their orders; borrowed. */
void workers_use_disk(const struct nbd *nbd);

#endif
