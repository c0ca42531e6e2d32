/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs for layers and for some kinds of file systems lie on a disk of their own, which the
 * host attaches when it is asked to. */
#include "agent/boot/tools_mount.h"
#include "agent/events.h"
#include "stages.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static bool is_there(const char *sbin, const char *program)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sbin, program);
	return access(path, X_OK) == 0;
}

/* Once. */
static int bring(struct grow *grow, const char *type, struct fault *fault)
{
	struct wait_device waiting = stage_waiting(grow);
	char device[WAIT_DEVICE_NAME_BYTES];

	if (grow->tools_there)
		return 0;
	events_tools(grow->report, type);
	if (wait_device_tools(&waiting, device, fault) < 0 ||
	    tools_mount(device, grow->setup->build_id, fault) < 0)
		return -1;
	grow->tools_there = true;
	return 0;
}

int tools_find(struct grow *grow, const char *program, const char *type, const char **ret_folder,
	       struct fault *fault)
{
	*ret_folder = grow->setup->sbin;
	if (grow->setup->seal ? grow->setup->seal->has_program(program)
			      : is_there(*ret_folder, program))
		return 0;
	if (grow->setup->seal)
		return fault_set(fault, REASON_NEEDS_MACHINE,
				 "%s has to be mounted, or needs %s: that takes a virtual machine",
				 type, program);
	if (grow->setup->image)
		return fault_set(fault, REASON_FS_TOOLS_MISSING, "there is no %s in %s", program,
				 grow->setup->sbin);
	*ret_folder = TOOLS_FOLDER;
	if (bring(grow, type, fault) < 0)
		return -1;
	return is_there(*ret_folder, program)
		       ? 0
		       : fault_set(fault, REASON_FS_TOOLS_MISSING,
				   "the tools disk does not have %s", program);
}

int tools_bring_key(void *context, struct layer_key *ret_key, struct fault *fault)
{
	struct grow *grow = context;
	struct wait_device waiting = stage_waiting(grow);
	char device[WAIT_DEVICE_NAME_BYTES];

	if (grow->request->key_bytes == 0) {
		fault_set(fault, REASON_KEY_MISSING,
			  "the partition is encrypted, and no key was given");
		return fault_hint(fault, "give it with --key-file FILE");
	}
	if (grow->key.path[0] == '\0') {
		events_key(grow->report);
		if (wait_device_key(&waiting, device, fault) < 0)
			return -1;
		snprintf(grow->key.path, sizeof(grow->key.path), "/dev/%s", device);
		grow->key.size_bytes = grow->request->key_bytes;
	}
	*ret_key = grow->key;
	return 0;
}

/* Where both checks are left, nothing is run. */
bool stage_tools_needed(const struct grow *grow)
{
	const char *program = grow->fs ? grow->fs->program : NULL;

	return program && !is_there(grow->sbin, program) &&
	       !(grow->request->leave_checks == LEAVE_BOTH && decide_may_leave(grow));
}

int stage_tools(struct grow *grow, struct fault *fault)
{
	return tools_find(grow, grow->fs->program, grow->fs->facts->type, &grow->sbin, fault);
}
