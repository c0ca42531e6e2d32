/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of QEMU's monitor while a machine is followed. For follow.c alone. */
#ifndef BOOT_COMMANDS_H
#define BOOT_COMMANDS_H

#include "streams.h"

/* Is QEMU about to end, or has it ended? Nothing more is asked of it: how it ends is to be awaited.
 * The functions below then succeed without doing anything. */
bool commands_qemu_ends(const struct following *following);

/* Read the monitor, and answer its greeting. Faults: no-space, disk-io, internal. */
int commands_step(struct following *following, struct fault *fault);

/* Press the power button. Faults: internal, interrupted, and those of commands_step. */
int commands_press_button(struct following *following, struct fault *fault);

/* Write a picture of the screen, if it is wished and not yet made; following->pictured tells
 * whether it is. Faults: no-qemu (this one cannot do it), internal, interrupted, and those of
 * commands_step.
 */
int commands_take_picture(struct following *following, struct fault *fault);

/* Look at the screen. A QEMU that cannot show it is not asked again. Faults: internal, interrupted,
 * and those of commands_step. */
int commands_look(struct following *following, struct fault *fault);

/* Of a machine that stays after its guest has powered off: take the picture, and let it go. */
int commands_end_off(struct following *following, struct fault *fault);

#endif
