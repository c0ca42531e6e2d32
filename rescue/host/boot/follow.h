/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Follow one machine from its start to its end: its console, its monitor, the user's keys. */
#ifndef BOOT_FOLLOW_H
#define BOOT_FOLLOW_H

#include "run.h"

enum follow_end {
	FOLLOW_DONE,	   /* the result tells how */
	FOLLOW_FAULT,	   /* the fault is filled */
	FOLLOW_SILENT,	   /* it did not say a word: another accelerator may do */
	FOLLOW_NO_SANDBOX, /* this QEMU has no filter of system calls of its own, or cannot use it
			    */
};

/* has_substitute: a machine that stays silent at its start is given up soon. */
enum follow_end follow(const struct boot_spec *spec, struct boot_machine *machine,
		       bool has_substitute, struct boot_result *result, struct fault *fault);

#endif
