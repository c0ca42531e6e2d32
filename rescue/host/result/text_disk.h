/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a result about the disk: sizes, partition, layers, file system, repairs. */
#ifndef RESULT_TEXT_DISK_H
#define RESULT_TEXT_DISK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* result: the object that result_object made. */
void result_write_disk(FILE *to, const json_t *result);

/* Does a grow of the partition alone leave it as it is? */
bool result_is_content(const json_t *filesystem);

#endif
