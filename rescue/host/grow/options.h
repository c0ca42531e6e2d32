/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of grow-disk. */
#ifndef GROW_OPTIONS_H
#define GROW_OPTIONS_H

#include "base/fault.h"
#include "host/arguments.h"
#include "host/boot/firmware.h"
#include "host/image/detect.h"
#include "host/result/metrics.h"
#include "host/rtc.h"
#include "host/vm/qemu/accel.h"
#include "host/vm/qemu/hardware.h"
#include "wire/request.h"

#include <stdbool.h>
#include <stdint.h>

enum grow_verb { GROW_VERB_GROW, GROW_VERB_PLAN, GROW_VERB_RECOVER, GROW_VERB_DISCARD };

/* All texts point into argv. */
struct grow_options {
	enum grow_verb verb;
	struct arguments_common common;
	bool json;
	const char *image;
	const char *size; /* NULL: the disk keeps its size */
	enum partition_by partition_by;
	unsigned partition;	     /* PARTITION_BY_NUMBER: 0 is the last one */
	const char *partition_value; /* of the others, but the root; "": none */
	bool partition_only;
	bool move_swap;
	uint64_t leave_bytes; /* at the end of the disk */
	bool power_of_two;    /* the disk's size becomes one */
	const char *key_file; /* of an encrypted partition; "-": standard input; NULL: none */
	const char *volume;   /* of LVM; NULL: the machine's choice */
	enum repair repair;
	enum image_format_wish format;
	bool allow_backing, allow_truncated;
	enum accel accel;
	enum guest_arch guest_arch;
	bool warm;
	int64_t rtc_unix_s;			  /* 0: now */
	char rtc[RTC_BYTES];			  /* as QEMU takes it; "": now */
	const char *work_dir, *events, *keep_log; /* NULL: none */
	const char *metrics;			  /* NULL: none */
	enum result_log log;
	unsigned wait_lock_seconds;
	bool keep_failed;
	bool prove_boot;
	const char *prove_expect;     /* a line of the console; NULL: how far it comes by itself */
	unsigned prove_seconds;	      /* for each boot */
	unsigned prove_quiet_seconds; /* so long nothing new: the old disk has booted */
	enum firmware firmware;
	enum attach attach; /* of the disk that is booted */
};

extern const char grow_help_text[];

/* The word of a verb in results. Static storage. */
const char *grow_verb_word(enum grow_verb verb);

/* Fault usage or size-invalid. ret_options->json and quiet are right also after a fault: its
 * words shall be JSON where --json stands anywhere. */
int grow_options_parse(int argc, char *argv[], struct grow_options *ret_options,
		       struct fault *fault);

#endif
