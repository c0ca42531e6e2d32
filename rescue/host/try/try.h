/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boot a disk in a virtual machine, and throw away what it writes. */
#ifndef TRY_TRY_H
#define TRY_TRY_H

#include "host/boot/run.h"
#include "host/boot/seed_server.h"
#include "host/console.h"
#include "host/log/keep.h"
#include "host/program.h"
#include "host/work.h"
#include "options.h"
#include "screenshot.h"

/* One run: what moves through its stages. */
struct
try {
	const struct try_options *options;
	struct console console;
	struct interrupt interrupt;
	struct programs programs;
	struct work work;
	struct image image;
	struct log log;				 /* of --write; and what an earlier run has left */
	struct keep keep;			 /* for --write */
	char kernel[PATH_MAX], initrd[PATH_MAX]; /* real paths; "": none */
	char share[PATH_MAX];			 /* real path; "": none */
	char seed_path[PATH_MAX];		 /* "": none */
	struct seed_server seed_server;		 /* of --seed=http */
	bool serves_seed;			 /* it is open */
	regex_t expect;
	bool expects; /* expect is compiled */
	struct firmware_facts facts;
	enum firmware firmware;
	struct boot_disk disk;
	struct screenshot screenshot;
	struct terminal terminal;
	struct boot_result result;
	bool booted; /* result is set */
};

/* The verb: argv[0] is "try". Returns the exit status. */
int verb_try(int argc, char *argv[]);

/* Stages, in their order. */
int try_prepare(struct try *try, struct fault *fault);
int try_take_image(struct try *try, struct fault *fault);
int try_look(struct try *try, struct fault *fault);
int try_seed(struct try *try, struct fault *fault);
int try_boot(struct try *try, struct fault *fault);
int try_judge(struct try *try, struct fault *fault);
int try_keep(struct try *try, struct fault *fault);

/* Print the result as JSON; ended NULL: it is good. Faults: those of result_print_json. */
int try_print_json(const struct try *try, const struct fault *ended, struct fault *fault);

#endif
