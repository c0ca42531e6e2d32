/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of try-disk. */
#ifndef TRY_OPTIONS_H
#define TRY_OPTIONS_H

#include "base/fault.h"
#include "host/arguments.h"
#include "host/boot/machine.h"
#include "host/boot/milestones.h"
#include "host/boot/seed.h"
#include "host/image/detect.h"
#include "host/rtc.h"
#include "host/share.h"

#include <stdbool.h>

/* Texts point into argv. */
struct try_options {
	struct arguments_common common;
	bool json;
	bool write, yes;
	const char *image;
	enum image_format_wish format;
	bool allow_backing;
	enum firmware firmware;
	enum accel accel;
	struct boot_hardware hardware; /* paths as they were given */
	char rtc[RTC_BYTES];	       /* "": now */
	const char *expect;	       /* NULL: nothing */
	enum milestone wait_for;       /* MILESTONE_NONE: nothing */
	unsigned timeout_seconds;      /* 0: no limit */
	const char *screenshot;	       /* NULL: none */
	struct seed_wish seed;
	struct share_wish share;
};

extern const char try_help_text[];

/* Fault usage. ret_options->json is right also after a fault, where it stands before it. */
int try_options_parse(int argc, char *argv[], struct try_options *ret_options, struct fault *fault);

/* What fits together? For options.c alone. Fault usage. */
int try_options_check(const struct try_options *options, const struct arguments *arguments,
		      struct fault *fault);

#endif
