/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an earlier run left: is it whole, and does it belong to this image? */
#ifndef LOG_RECOVER_H
#define LOG_RECOVER_H

#include "commit.h"

/* Read the ticket, and take over its log: log's name and descriptor, commit->facts and the
 * image's format. Checks that log and image are those that the ticket was made for, unless
 * the ticket says committed. accepts: files that the image may name. work_folder: for the
 * block service. Faults: log-foreign, log-stale, image-data-file, image-backing-file,
 * disk-io, interrupted; commit-unfinished where a half committed image cannot be read. */
int recover_open(struct commit *commit, bool allow_others, const char *work_folder,
		 struct fault *fault);

/* Throw a log away that was not begun to be committed. *ret_discarded: there was one. Faults:
 * commit-begun, log-foreign, disk-io. */
int recover_discard(struct image *image, struct log *log, bool *ret_discarded, struct fault *fault);

/* Two files that may both be the image, or one without its ticket: log-stale, log-foreign. */
int recover_check_guard(const struct image *image, const struct log *log, struct fault *fault);

/* Refuse an image with a complete log of an earlier run: without that log it is not the disk
 * that it should be. A reader cannot finish it. Fault: commit-begun. */
int recover_refuse_reader(const struct image *image, const struct log *log, struct fault *fault);

/* A block device whose names in work_dir are none of a ticket: if there is one that closed it,
 * under another name, that becomes its name (device_place_by). Fault: usage. */
int recover_find_device(struct image *image, const char *work_dir, struct fault *fault);

/* For this room (recover_device.c): does the log belong to a block device? And what a discarded log
 * has closed is opened, as it was before. Faults: log-stale, log-foreign, commit-unfinished,
 * disk-io. */
int recover_check_device(struct commit *commit, const char *work_folder, struct fault *fault);
int recover_open_device(const struct image *image, const struct log *log, struct fault *fault);

#endif
