/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machines of a grow. Each function starts one, with what the run knows so far; grow->machines
 * owns it. Fault: what the host lacks. */
#ifndef GROW_MACHINE_START_H
#define GROW_MACHINE_START_H

#include "grow.h"

/* Whether a sealed process may do the work instead. */
bool machine_may_be_native(const struct grow_options *options);

/* The one that grows the log. awaited: it gets its disk later, by vm_disk_ready. */
int machine_start_grower(struct grow *grow, bool awaited, struct fault *fault);

/* The one that checks the image as it was, at the same time. */
int machine_start_before(struct grow *grow, struct fault *fault);

/* The one that checks the log, when the grower has ended well. */
int machine_start_after(struct grow *grow, struct fault *fault);

#endif
