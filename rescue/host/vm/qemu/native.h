/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sealed process in the place of a machine (docs/decisions/17-native.md): rescue-native, which
 * is the agent and the tools; and a storage daemon of its own, which opens the log and gives it
 * the disk over one connection. The daemon's monitor is spoken to like QEMU's. */
#ifndef VM_QEMU_NATIVE_H
#define VM_QEMU_NATIVE_H

#include "machine.h"

/* Start both; the agent's number, or -1 with the fault. machine_stop ends them. */
pid_t native_start(const struct machine_plan *plan, const int fds[CHANNELS],
		   struct machine *machine, struct fault *fault);

/* One of the two has ended. The other one ends as well, unless the agent has come to an end by
 * itself, and the daemon still has to close the disk; or the agent has the disk, and is to tell
 * itself that the daemon is gone. */
void native_note_end(struct machine *machine, int status);

/* Nothing on the disk matters any more. */
void native_end_storage(struct machine *machine);

/* Give the agent a connection to the disk, which the daemon exports by now. Nobody else can
 * have one from then on. Fault: disk-io. */
int native_give_disk(struct machine *machine, uint32_t sector_bytes, struct fault *fault);

#endif
