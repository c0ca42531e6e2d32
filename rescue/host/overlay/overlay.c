/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "overlay.h"

#include "host/console.h"
#include "host/guest.h"
#include "host/image/lock.h"
#include "host/image/room.h"
#include "host/image/tables.h"
#include "host/log/recover.h"
#include "host/signals.h"
#include "host/size.h"
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#define ALWAYS_BYTES (UINT64_C(256) << 20)

struct overlay {
	const struct overlay_options *options;
	struct console console;
	struct interrupt interrupt;
	struct programs programs;
	struct image image;
	struct log log; /* the overlay */
	uint64_t size_after_bytes;
};

/* The image as a reader sees it, with the lock held until the end. */
static int take_image(struct overlay *overlay, struct fault *fault)
{
	const struct overlay_options *options = overlay->options;
	struct image *image = &overlay->image;
	struct image_accepts accepts = { options->allow_backing };

	if (image_find(options->image, true, image, fault) < 0 ||
	    image_check_kind(image, fault) < 0 ||
	    lock_take(image, 0, &overlay->interrupt, NULL, NULL, fault) < 0 ||
	    image_check_empty(image, fault) < 0)
		return -1;
	ticket_find(image, &overlay->log.ticket);
	if (recover_check_guard(image, &overlay->log, fault) < 0 ||
	    recover_refuse_reader(image, &overlay->log, fault) < 0 ||
	    image_detect(image, options->format, accepts, fault) < 0)
		return -1;
	return image_check_tables(image, &overlay->programs, fault);
}

/* A guest may write all that the image holds twice, and a part of what is new: more than
 * honest work does. It must not fill the host's disk. */
static uint64_t largest_bytes(const struct overlay *overlay)
{
	uint64_t added = overlay->size_after_bytes - overlay->image.size_bytes;

	return ALWAYS_BYTES + 2 * room_taken(overlay->image.path) + added / 16;
}

static int print_largest(const struct overlay *overlay, struct fault *fault)
{
	if (printf("%" PRIu64 "\n", largest_bytes(overlay)) > 0 && fflush(stdout) == 0)
		return 0;
	return fault_set_errno(fault, REASON_NO_SPACE, errno, "Standard output cannot be written");
}

static int make_overlay(struct overlay *overlay, struct fault *fault)
{
	const struct overlay_options *options = overlay->options;
	struct log *log = &overlay->log;

	if (guest_check_programs(true, fault) < 0 || take_image(overlay, fault) < 0 ||
	    size_resolve(options->size, overlay->image.size_bytes, false,
			 &overlay->size_after_bytes, fault) < 0)
		return -1;
	log_name_throwaway(log, &overlay->image, options->overlay);
	if (log_reserve(log, fault) < 0 ||
	    log_create(log, &overlay->image, overlay->size_after_bytes, &overlay->programs, fault) <
		    0 ||
	    print_largest(overlay, fault) < 0)
		return -1;
	log->ours = false; /* it stays */
	return 0;
}

static void show_command(void *context, const char *const *argv)
{
	console_command(context, argv);
}

int verb_overlay(int argc, char *argv[])
{
	struct overlay_options options;
	struct overlay overlay = {
		.options = &options,
		.image = { .fd = -1 },
		.log = { .fd = -1 },
	};
	struct fault fault;
	bool parsed = overlay_options_parse(argc, argv, &options, &fault) == 0;
	bool failed;

	umask(077);
	console_open(&overlay.console, options.program, false, options.verbose);
	overlay.programs = (struct programs){ .interrupt = &overlay.interrupt,
					      .show = show_command,
					      .context = &overlay.console };
	failed = !parsed || signals_open(&overlay.interrupt.signals_fd, &fault) < 0 ||
		 make_overlay(&overlay, &fault) < 0;
	log_close(&overlay.log);
	image_close(&overlay.image);
	if (!failed)
		return STATUS_OK;
	fault_capitalize(&fault);
	console_fault(&overlay.console, &fault);
	return reason_status(fault.reason);
}
