/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image, its lock, and an earlier run that is finished first. */
#include "rescue.h"

#include "host/image/device.h"
#include "host/image/lock.h"
#include "host/image/tables.h"
#include "host/log/recover.h"

#include <errno.h>
#include <string.h>

#define FAILED_SUFFIX ".grow-disk.failed"

/* The log of a failed grow is an overlay of the image beside it, which is what it was? */
static int check_failed_log(struct rescue *rescue, struct fault *fault)
{
	struct image *image = &rescue->image;
	struct image_mark mine, base;
	char name[QCOW2_BACKING_MAX + 1], wanted[NAME_MAX + 3];
	ssize_t got;

	if (image_mark(rescue->base, &base) < 0) {
		fault_set(fault, REASON_IMAGE_NOT_FOUND,
			  "%.200s belongs to %.200s, which is not there", image->path,
			  rescue->base);
		return fault_hint(fault, "Move it beside its image");
	}
	if (image_read_qcow2(image, fault) < 0 || image->qcow2.backing_bytes == 0 ||
	    image->qcow2.backing_bytes > QCOW2_BACKING_MAX ||
	    image->qcow2.incompatible & QCOW2_DATA_FILE) {
		fault_set(fault, REASON_LOG_FOREIGN, "%.300s is not the log of a grow",
			  image->path);
		return fault_hint(fault, "If it comes from somewhere else, move it away");
	}
	got = pread(image->fd, name, image->qcow2.backing_bytes, (off_t)image->qcow2.backing_at);
	if (got < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be read",
				       image->path);
	snprintf(wanted, sizeof(wanted), "./%s", strrchr(rescue->base, '/') + 1);
	if (got != (ssize_t)strlen(wanted) || memcmp(name, wanted, (size_t)got) != 0) {
		fault_set(fault, REASON_LOG_FOREIGN, "%.300s is the log of another image",
			  image->path);
		return fault_hint(fault, "Give both the names that they had");
	}
	if (image_mark(image->path, &mine) == 0 && mine.mtime_s == base.mtime_s &&
	    mine.mtime_ns == base.mtime_ns)
		return 0;
	fault_set(fault, REASON_LOG_STALE,
		  "%.200s was changed after %.200s was made, and the two together are no disk any "
		  "more",
		  rescue->base, image->path);
	return fault_hint(fault, "Remove the log");
}

static int find_image(struct rescue *rescue, struct fault *fault)
{
	const struct rescue_options *options = rescue->options;
	struct image *image = &rescue->image;
	size_t length;

	if (image_find(options->image, !options->write, image, fault) == 0)
		return 0;
	length = strlen(image->path);
	if (fault->reason != REASON_IMAGE_NOT_A_FILE || length <= strlen(FAILED_SUFFIX) ||
	    strcmp(image->path + length - strlen(FAILED_SUFFIX), FAILED_SUFFIX) != 0)
		return -1;
	if (options->write)
		return fault_set(
			fault, REASON_USAGE,
			"The log of a failed grow is there to be looked at: --write cannot "
			"be used with it");
	snprintf(rescue->base, sizeof(rescue->base), "%.*s", (int)(length - strlen(FAILED_SUFFIX)),
		 image->path);
	return image_locate(image, fault);
}

int rescue_take_image(struct rescue *rescue, struct fault *fault)
{
	struct image *image = &rescue->image;
	bool write = rescue->options->write;

	if (find_image(rescue, fault) < 0 || image_check_kind(image, fault) < 0 ||
	    share_find(&rescue->options->share, image_at(image), rescue->work.folder, rescue->share,
		       fault) < 0 ||
	    lock_take(image, 0, &rescue->interrupt, NULL, NULL, fault) < 0 ||
	    (write && (device_refuse(image, "--write", fault) < 0 ||
		       image_check_writable(image, fault) < 0)) ||
	    image_check_empty(image, fault) < 0)
		return -1;
	if (rescue->base[0])
		return check_failed_log(rescue, fault);
	if (write && log_name(&rescue->log, image, "", NULL, fault) < 0)
		return -1;
	ticket_find(image, &rescue->log.ticket);
	return recover_check_guard(image, &rescue->log, fault);
}

/* With --write a complete log of an earlier run is finished first. */
static int finish_earlier(struct rescue *rescue, struct fault *fault)
{
	if (!rescue->options->write)
		return recover_refuse_reader(&rescue->image, &rescue->log, fault);
	console_say(&rescue->console, "finishing the commit of an earlier run");
	return keep_finish_earlier(&rescue->keep, rescue->options->allow_backing, fault);
}

int rescue_look(struct rescue *rescue, struct fault *fault)
{
	const struct rescue_options *options = rescue->options;
	struct image *image = &rescue->image;
	bool failed_log = rescue->base[0] != '\0';

	if (rescue->log.ticket.state != TICKET_NONE && finish_earlier(rescue, fault) < 0)
		return -1;
	if (options->write)
		(void)log_sweep(&rescue->log, image);
	if (image_mark(image->path, &image->seen) < 0)
		return fault_set_errno(fault, REASON_DISK_IO, errno, "%.300s cannot be looked at",
				       image->path);
	if (image_detect(image, failed_log ? FORMAT_QCOW2 : options->format,
			 (struct image_accepts){ options->allow_backing || failed_log },
			 fault) < 0 ||
	    image_check_tables(image, &rescue->programs, fault) < 0)
		return -1;
	return options->write ? keep_check_image(&rescue->keep, fault) : 0;
}
