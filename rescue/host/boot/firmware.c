/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOT_CODE_BYTES 440
#define SIGNATURE_AT	510
#define MBR_TYPE_ESP	0xef

const char *const firmware_words[] = { "auto", "bios", "uefi", NULL };

/* c12a7328-f81f-11d2-ba4b-00a0c93ec93b, as it lies on a disk. */
static const uint8_t esp_guid[TABLE_GUID_BYTES] = {
	0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
	0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b,
};

static bool can_be_started(const uint8_t sector[TABLE_SECTOR_BYTES])
{
	if (sector[SIGNATURE_AT] != 0x55 || sector[SIGNATURE_AT + 1] != 0xaa)
		return false;
	for (size_t i = 0; i < BOOT_CODE_BYTES; i++)
		if (sector[i] != 0)
			return true;
	return false;
}

static bool is_esp(const struct table_parts *parts, const struct table_part *part)
{
	if (parts->is_gpt)
		return memcmp(part->type_guid, esp_guid, sizeof(esp_guid)) == 0;
	return part->type == MBR_TYPE_ESP;
}

int firmware_look(void *context, const struct table_source *source)
{
	struct firmware_facts *facts = context;
	uint8_t sector[TABLE_SECTOR_BYTES];
	struct table table;

	*facts = (struct firmware_facts){ .sector_bytes = table_sector_bytes(source) };
	if (source->size_bytes < sizeof(sector))
		return 0;
	if (source->read(source->context, 0, sector, sizeof(sector)) < 0)
		return -1;
	facts->has_boot_code = can_be_started(sector);
	if (table_read(source, &table) != TABLE_GOOD)
		return 0;
	for (size_t i = 0; i < table.parts.count; i++)
		facts->has_esp = facts->has_esp || is_esp(&table.parts, &table.parts.parts[i]);
	return 0;
}

int firmware_choose(enum firmware wish, const struct firmware_facts *facts, const char *name,
		    enum firmware *ret_firmware, struct fault *fault)
{
	enum firmware firmware = wish;

	if (wish == FIRMWARE_AUTO)
		firmware = facts->has_boot_code || !facts->has_esp ? FIRMWARE_BIOS : FIRMWARE_UEFI;
	*ret_firmware = firmware;
	if (firmware == FIRMWARE_BIOS ? facts->has_boot_code : facts->has_esp)
		return 0;
	if (firmware == FIRMWARE_UEFI)
		fault_set(fault, REASON_NO_BOOT_LOADER,
			  "%.300s has no EFI system partition, so UEFI cannot boot it", name);
	else if (wish == FIRMWARE_BIOS)
		fault_set(fault, REASON_NO_BOOT_LOADER,
			  "%.300s has no boot code in its first sector, so a BIOS cannot boot it",
			  name);
	else
		fault_set(fault, REASON_NO_BOOT_LOADER,
			  "%.300s has neither boot code in its first sector nor an EFI system "
			  "partition: nothing can boot it",
			  name);
	return fault_hint(
		fault, "try-disk --kernel FILE starts a kernel without a boot loader; a grow can "
		       "do without --prove-boot");
}

int firmware_find_ovmf(char ret_code[PATH_MAX], char ret_variables[PATH_MAX], struct fault *fault)
{
	/* Debian and Ubuntu, older Debian, Fedora, Arch. */
	static const char *const pairs[][2] = {
		{ "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
		{ "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
		{ "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
		{ "/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
	};
	const char *given = getenv("GROW_DISK_OVMF");
	char own[2][PATH_MAX];

	if (given && given[0]) {
		snprintf(own[0], PATH_MAX, "%.4000s/OVMF_CODE_4M.fd", given);
		snprintf(own[1], PATH_MAX, "%.4000s/OVMF_VARS_4M.fd", given);
		if (realpath(own[0], ret_code) && realpath(own[1], ret_variables))
			return 0;
	}
	for (size_t i = 0; !(given && given[0]) && i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (realpath(pairs[i][0], ret_code) && realpath(pairs[i][1], ret_variables) &&
		    access(ret_code, R_OK) == 0 && access(ret_variables, R_OK) == 0)
			return 0;
	fault_set(fault, REASON_MISSING_PROGRAM,
		  "UEFI needs the firmware OVMF, which is not installed");
	return fault_hint(fault, "On Debian: apt-get install ovmf");
}
