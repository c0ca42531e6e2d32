/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's hotplug helper of a traced boot: tells the recorder which event it
 * was started for, and becomes mdev. To read that from /proc would come too late
 * for an mdev that has nothing to do. */
#ifndef AGENT_HOTPLUG_H
#define AGENT_HOTPLUG_H

/* The helper's path; main.c asks for its last part. */
#define HOTPLUG_PATH "/sbin/hotplug"
#define HOTPLUG_NAME "hotplug"

/* Becomes /sbin/mdev. Returns an exit status when that is not possible. */
int hotplug_main(char *const argv[], char *const environment[]);

#endif
