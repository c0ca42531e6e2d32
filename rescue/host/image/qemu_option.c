/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu_option.h"

#include "detect.h"

#include <stdio.h>

void image_qemu_name(const struct image *image, int fd, char ret_name[QEMU_NAME_BYTES])
{
	char *at = ret_name;

	if (!image_has_others(image)) {
		snprintf(ret_name, QEMU_NAME_BYTES, "/proc/self/fd/%d", fd);
		return;
	}
	for (const char *from = image_at(image); *from; from++) {
		if (*from == ',')
			*at++ = ',';
		*at++ = *from;
	}
	*at = '\0';
}

void image_qemu_option(const struct image *image, int fd, char ret_option[QEMU_OPTION_BYTES])
{
	char name[QEMU_NAME_BYTES];

	image_qemu_name(image, fd, name);
	snprintf(ret_option, QEMU_OPTION_BYTES,
		 "driver=%s,file.driver=%s,file.locking=off,file.filename=%s",
		 image_format_word(image->format), image_driver_word(image), name);
}
