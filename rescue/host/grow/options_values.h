/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values on the command line of a grow that have rules of their own. Each takes optarg of the
 * option code. Fault: usage. */
#ifndef GROW_OPTIONS_VALUES_H
#define GROW_OPTIONS_VALUES_H

#include "host/arguments.h"
#include "options.h"

/* N, / or root, or LABEL=x and the like. */
int options_partition(const struct arguments *arguments, int code, struct grow_options *options,
		      struct fault *fault);

/* A name of LVM; it goes into the request as it is. */
int options_volume(const struct arguments *arguments, int code, struct grow_options *options,
		   struct fault *fault);

/* A regular expression, or nothing. It is compiled again where it is used. */
int options_prove_boot(const struct arguments *arguments, int code, struct grow_options *options,
		       struct fault *fault);

#endif
