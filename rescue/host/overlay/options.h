/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of the verb "overlay". */
#ifndef OVERLAY_OPTIONS_H
#define OVERLAY_OPTIONS_H

#include "base/fault.h"
#include "host/image/detect.h"

#include <stdbool.h>

/* Texts point into argv. */
struct overlay_options {
	const char *program; /* who speaks: stands in front of each sentence */
	enum image_format_wish format;
	bool allow_backing, verbose;
	const char *image;
	const char *overlay; /* the file to make; must not exist */
	const char *size;    /* of the overlay's disk, as for size_resolve: "+1G" */
};

/* Fault usage; the program is set in any case. */
int overlay_options_parse(int argc, char *argv[], struct overlay_options *ret_options,
			  struct fault *fault);

#endif
