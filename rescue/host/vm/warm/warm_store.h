/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of saved machines, ${XDG_CACHE_HOME:-$HOME/.cache}/grow-disk/warm.
 * It and what is in it belong to the user alone; what does not is not touched. */
#ifndef VM_WARM_WARM_STORE_H
#define VM_WARM_WARM_STORE_H

#include "base/fault.h"

#include <stdbool.h>

#define WARM_STORE_MACHINES_MAX 4

/* All descriptors are owned; -1: none. */
struct warm_store {
	int folder_fd;
	int lock_fd; /* held: only we save */
};

/* Open it, and make it if need be. -1: there is none that can be used; the
 * fault's message tells why. warm_store_close must follow, also after that. */
int warm_store_open(struct warm_store *store, struct fault *fault);
void warm_store_close(struct warm_store *store);

/* For reading; -1 when there is none, or not a plain file of the user alone. */
int warm_store_read(const struct warm_store *store, const char *name);

/* Be the only one who saves. -1: another one does, or it cannot be known. */
int warm_store_lock(struct warm_store *store, struct fault *fault);

/* With the lock: a new file, for writing, in place of one that was never
 * finished. -1 with the fault. */
int warm_store_create(const struct warm_store *store, struct fault *fault);

/* With the lock: give the new file its name in one step, and remove the oldest
 * ones until there are not too many. */
int warm_store_publish(const struct warm_store *store, const char *name, struct fault *fault);

/* With the lock: drop the new file. */
void warm_store_drop(const struct warm_store *store);

void warm_store_remove(const struct warm_store *store, const char *name);

#endif
