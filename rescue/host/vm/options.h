/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of rescue-vm. */
#ifndef VM_OPTIONS_H
#define VM_OPTIONS_H

#include "accel.h"
#include "base/fault.h"
#include "hardware.h"
#include "progress.h"
#include "wire/request.h"

#include <limits.h>

#define OPTIONS_READ_MAX 64 /* a backing chain is short */

enum options_verb { VERB_RUN, VERB_PREPARE, VERB_HELP, VERB_VERSION };

/* All texts point into argv or are static. */
struct options {
	enum options_verb verb;
	const char *disk_path;	 /* NULL with VERB_PREPARE */
	const char *disk_format; /* "qcow2" or "raw" */
	uint64_t disk_max_bytes; /* the file's size; 0: no limit */
	const char *read_paths[OPTIONS_READ_MAX];
	size_t read_count; /* 0: everything may be read */
	const char *guest_folder;
	const char *qemu;
	const char *events_path;  /* "-": standard output */
	const char *summary_path; /* NULL: none */
	const char *console_path; /* NULL: dropped */
	enum accel accel;
	bool warm; /* saved machines may be used and made */
	enum progress_style progress;
	unsigned memory_mib;
	unsigned stall_seconds;
	unsigned hello_seconds;
	unsigned deadline_seconds;
	bool await_disk;	  /* it is ready when a line comes on standard input */
	bool keep_disk;		  /* of use after a fault too */
	bool terminal;		  /* the user's, for a shell */
	const char *command;	  /* NULL: none */
	struct hardware hardware; /* its rtc and share are the texts below, or NULL */
	char rtc[32];
	char share[PATH_MAX];	/* its real path */
	struct request request; /* the time is 0: now */
};

extern const char options_help_text[];

/* ret_options must stay where it is. -1 with REASON_USAGE and a sentence that names the culprit. */
int options_parse(int argc, char *const argv[], struct options *ret_options, struct fault *fault);

#endif
