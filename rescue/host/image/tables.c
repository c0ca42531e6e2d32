/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tables.h"

#include "base/text.h"
#include "detect.h"
#include "host/confine/landlock.h"
#include "qemu_option.h"

#include <string.h>

#define CPU_SECONDS 900 /* an image can ask for absurd tables */

/* Exit statuses of `qemu-img check`. */
#define CHECK_CORRUPT	  2
#define CHECK_LEAKS	  3
#define CHECK_UNSUPPORTED 63

/* qemu-img, reading the image. */
static int read_image(const struct image *image, const struct programs *programs,
		      const char *const *argv, struct program_end *ret_end, struct fault *fault)
{
	struct program program = {
		.argv = argv,
		.fds = { image->read_fd },
		.cpu_seconds = CPU_SECONDS,
		.grants = { { image_at(image), MAY_READ },
			    { image_has_others(image) ? "/" : NULL, MAY_READ } },
	};

	return program_run(programs, &program, ret_end, fault);
}

static json_t *in_use(const json_t *info)
{
	const json_t *data = json_object_get(json_object_get(info, "format-specific"), "data");
	json_t *names = json_array(), *bitmap, *flag;
	size_t i, j;

	json_array_foreach (json_object_get(data, "bitmaps"), i, bitmap) {
		json_array_foreach (json_object_get(bitmap, "flags"), j, flag) {
			const char *word = json_string_value(flag);

			if (word && strcmp(word, "in-use") == 0)
				json_array_append(names, json_object_get(bitmap, "name"));
		}
	}
	return names;
}

int image_open_bitmaps(const struct image *image, const struct programs *programs,
		       json_t **ret_names, struct fault *fault)
{
	char option[QEMU_OPTION_BYTES];
	const char *argv[] = { "qemu-img", "info", "--output=json", "--image-opts", option, NULL };
	struct program_end end;
	json_t *info;

	*ret_names = NULL;
	if (!(image->qcow2.autoclear & QCOW2_AUTOCLEAR_BITMAPS))
		return 0;
	image_qemu_option(image, image->read_fd, option);
	if (read_image(image, programs, argv, &end, fault) < 0)
		return -1;
	info = end.output ? json_loads(end.output, 0, NULL) : NULL;
	program_end_close(&end);
	if (!info)
		return program_fault(&end, REASON_IMAGE_CORRUPT, fault,
				     "The bitmaps of %.200s cannot be read", image->path);
	*ret_names = in_use(info);
	json_decref(info);
	return 0;
}

/* To be known before the ticket, for the commit would fail for ever. */
static int check_bitmaps(const struct image *image, const struct programs *programs,
			 struct fault *fault)
{
	json_t *names;
	const char *name;
	char safe[128];

	if (image_open_bitmaps(image, programs, &names, fault) < 0)
		return -1;
	name = json_string_value(json_array_get(names, 0));
	if (name) {
		text_make_safe(safe, sizeof(safe), name, strlen(name));
		fault_set(
			fault, REASON_IMAGE_DIRTY,
			"%.200s has the dirty bitmap '%s', which the program that last used it did "
			"not close",
			image->path, safe);
		fault_hint(
			fault,
			"The bitmap is useless now, remove it: qemu-img bitmap --remove IMAGE %s",
			safe);
	}
	json_decref(names);
	return name ? -1 : 0;
}

static int refuse_tables(const struct image *image, const struct program_end *end,
			 struct fault *fault)
{
	if (end->exit_status == CHECK_CORRUPT) {
		fault_set(fault, REASON_IMAGE_CORRUPT,
			  "The tables of %.300s are damaged (qemu-img check)", image->path);
		return fault_hint(fault, "Make a copy, then repair it: qemu-img check -r all");
	}
	program_fault(end, REASON_IMAGE_CORRUPT, fault, "The tables of %.200s cannot be checked",
		      image->path);
	return fault_hint(fault, "Check the disk that holds it; if the disk is healthy, restore "
				 "the image from a backup");
}

/* Unlike info, map opens all that lies behind the image. */
static int check_backing(const struct image *image, const struct programs *programs,
			 struct fault *fault)
{
	char option[QEMU_OPTION_BYTES];
	const char *argv[] = {
		"qemu-img",	    "map",	    "--output=json", "--start-offset=0",
		"--max-length=512", "--image-opts", option,	     NULL
	};
	struct program_end end;

	if (image->qcow2.backing_at == 0)
		return 0;
	image_qemu_option(image, image->read_fd, option);
	if (read_image(image, programs, argv, &end, fault) < 0)
		return -1;
	program_end_close(&end);
	if (end.exit_status == 0)
		return 0;
	program_fault(&end, REASON_BACKING_FILE_MISSING, fault,
		      "The backing file of %.150s cannot be opened", image->path);
	return fault_hint(fault, "Put it back, or set its new path: qemu-img rebase -u -b FILE "
				 "IMAGE (backing files on the network are not supported)");
}

int image_check_tables(const struct image *image, const struct programs *programs,
		       struct fault *fault)
{
	char option[QEMU_OPTION_BYTES], alone[QEMU_OPTION_BYTES + 16];
	const char *argv[] = { "qemu-img", "check", "--image-opts", alone, NULL };
	struct program_end end;

	if (image->format != IMAGE_QCOW2)
		return 0;
	image_qemu_option(image, image->read_fd, option);
	/* Its own tables: a backing file that is not there is another matter. */
	snprintf(alone, sizeof(alone), "%s%s", option,
		 image->qcow2.backing_at != 0 ? ",backing=" : "");
	if (read_image(image, programs, argv, &end, fault) < 0)
		return -1;
	program_end_close(&end);
	if (end.exit_status != 0 && end.exit_status != CHECK_LEAKS &&
	    end.exit_status != CHECK_UNSUPPORTED)
		return refuse_tables(image, &end, fault);
	if (check_bitmaps(image, programs, fault) < 0)
		return -1;
	return check_backing(image, programs, fault);
}
