/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run another program (qemu-img) to its end: confined, bounded, and ended by a
 * signal to us. */
#ifndef HOST_PROGRAM_H
#define HOST_PROGRAM_H

#include "base/fault.h"
#include "interrupt.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROGRAM_FDS_MAX		4
#define PROGRAM_GRANTS_MAX	4
#define PROGRAM_COMPLAINT_BYTES 400

/* A path that a confined program may use besides what every program needs to start:
 * rights as for landlock_allow. */
struct grant {
	const char *path;
	unsigned rights;
};

/* What a run starts programs with. */
struct programs {
	struct interrupt *interrupt;
	/* Called with the arguments before a program starts; may be NULL. */
	void (*show)(void *context, const char *const *argv);
	void *context;
};

/* All texts are borrowed. */
struct program {
	const char *const *argv; /* argv[0]: a name for PATH; NULL-terminated */
	struct grant grants[PROGRAM_GRANTS_MAX];
	int fds[PROGRAM_FDS_MAX]; /* inherited under the same number; 0: none (never wanted) */
	unsigned cpu_seconds;	  /* 0: no limit */
	/* A signal does not end it, but starts INTERRUPT_GRACE_MS; and it does not die
	 * with us. Without this, a signal ends it at once, and it dies with us. */
	bool finishes;
	/* Called with the bytes of its standard output as they come; NULL: they are kept. */
	void (*on_output)(void *context, const char *bytes, size_t size_bytes);
	void *context;
};

/* A program that runs. */
struct program_process {
	pid_t pid;
	char name[32];		  /* of the program, as it calls itself */
	int output_fd, errors_fd; /* ours; owned */
	char errors[4096];	  /* the beginning of its standard error */
	size_t errors_bytes;
	size_t output_room;
	bool asked; /* it was told to end */
};

/* How it ended. program_end_close frees it. */
struct program_end {
	int exit_status;   /* -1: killed by signal_number */
	int signal_number; /* 0: none */
	char *output;	   /* its standard output; NUL-terminated; owned */
	size_t output_bytes;
	/* The first line of its standard error, without its name in front; may be empty. */
	char complaint[PROGRAM_COMPLAINT_BYTES];
};

/* 0: it has ended, well or not. -1: it could not be started (missing-program,
 * no-memory, internal), or a signal ended us both (interrupted). */
int program_run(const struct programs *programs, const struct program *program,
		struct program_end *ret_end, struct fault *fault);
void program_end_close(struct program_end *end);

/* Only start it. program_stop must follow a success: it kills the program, reaps it and
 * closes what it had; ret_complaint, if not NULL, gets what program_end would have. */
int program_start(const struct programs *programs, const struct program *program,
		  struct program_process *ret_process, struct fault *fault);
void program_stop(struct program_process *process, char ret_complaint[PROGRAM_COMPLAINT_BYTES]);

/* Find a program as execvp(3) would, with the system's default where PATH is not set.
 * -1: there is none. */
int program_find(const char *name, char ret_path[PATH_MAX]);

/* The fault of a program that failed: what it complained of behind the message.
 * REASON_DISK_IO where it complains of EIO, REASON_NO_SPACE of ENOSPC or EDQUOT,
 * whatever the reason would be otherwise. Always -1. */
int program_fault(const struct program_end *end, enum reason reason, struct fault *fault,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
