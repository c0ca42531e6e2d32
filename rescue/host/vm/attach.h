/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks that the machine of a conversation gets: the disk to grow, the tools disk, the key. */
#ifndef VM_ATTACH_H
#define VM_ATTACH_H

#include "conversation.h"

/* Each by QMP: our descriptors, a node, a device. Faults: disk-io, guest-died; fs-tools-missing
 * where there is no tools disk. */
int attach_disk(const struct conversation *conversation, struct session *session,
		struct fault *fault);
int attach_tools(const struct conversation *conversation, struct session *session,
		 struct fault *fault);
int attach_key(const struct conversation *conversation, struct session *session,
	       struct fault *fault);

#endif
