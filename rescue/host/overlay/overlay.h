/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An overlay of an image that a traced boot writes to, instead of the image. */
#ifndef OVERLAY_OVERLAY_H
#define OVERLAY_OVERLAY_H

/* The verb: argv[0] is "overlay". Check the image as a reader, make the overlay, and print on
 * standard output how many bytes the overlay may take once a guest writes to it. Returns the
 * exit status: 0, or that of the fault, which standard error tells. */
int verb_overlay(int argc, char *argv[]);

#endif
