/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With which firmware a disk boots, by what lies on it. */
#ifndef BOOT_FIRMWARE_H
#define BOOT_FIRMWARE_H

#include "base/fault.h"
#include "table/table.h"

#include <limits.h>

enum firmware { FIRMWARE_AUTO, FIRMWARE_BIOS, FIRMWARE_UEFI };

/* "auto", "bios", "uefi"; ended by NULL. */
extern const char *const firmware_words[];

/* What a disk has. */
struct firmware_facts {
	bool has_boot_code; /* its first sector can be started by a BIOS */
	bool has_esp;	    /* an EFI system partition, in a GPT or an MBR */
	uint32_t sector_bytes;
};

/* 0, or -1: the disk cannot be read. context is a struct firmware_facts: for block_look. */
int firmware_look(void *context, const struct table_source *source);

/* BIOS where the disk has boot code, UEFI where it has only an ESP, unless the user wishes. Fault:
 * no-boot-loader: the disk has nothing for that firmware. name: of the image. */
int firmware_choose(enum firmware wish, const struct firmware_facts *facts, const char *name,
		    enum firmware *ret_firmware, struct fault *fault);

/* Where OVMF's code lies, and a fresh copy of its variables. Fault: missing-program, naming the
 * package. */
int firmware_find_ovmf(char ret_code[PATH_MAX], char ret_variables[PATH_MAX], struct fault *fault);

#endif
