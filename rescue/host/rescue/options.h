/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of rescue-disk. */
#ifndef RESCUE_OPTIONS_H
#define RESCUE_OPTIONS_H

#include "base/fault.h"
#include "host/arguments.h"
#include "host/image/detect.h"
#include "host/rtc.h"
#include "host/share.h"
#include "host/vm/qemu/accel.h"
#include "host/vm/qemu/board.h"
#include "wire/request.h"

#include <stdbool.h>

/* Texts point into argv, but for the command. */
struct rescue_options {
	struct arguments_common common;
	const char *image;
	bool write, yes;
	struct share_wish share;
	int64_t rtc_unix_s; /* 0: now */
	char rtc[RTC_BYTES];
	unsigned memory_mib;
	const char *append; /* NULL: nothing */
	enum accel accel;
	enum guest_arch guest_arch;
	enum image_format_wish format;
	bool allow_backing;
	/* The arguments behind "--" as one line for the guest's sh; "": a shell. */
	char command[REQUEST_COMMAND_BYTES];
};

extern const char rescue_help_text[];

/* Fault usage. */
int rescue_options_parse(int argc, char *argv[], struct rescue_options *ret_options,
			 struct fault *fault);

#endif
