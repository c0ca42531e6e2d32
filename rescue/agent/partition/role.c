/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "role.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define NAME_SHOWN_BYTES 49
#define EXTENDED	 "extended"
#define SWAP		 "swap"

/* Sources: the Discoverable Partitions Specification; util-linux include/pt-gpt-partnames.h and
 * pt-mbr-partnames.h. */
static const struct type {
	const char *guid; /* of a GPT; NULL: of an MBR */
	unsigned type;
	enum role role;
	const char *name;
} types[] = {
	{ "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", 0, ROLE_ROOT, "Linux root, x86-64" },
	{ "B921B045-1DF0-41C3-AF44-4C6F280D3FAE", 0, ROLE_ROOT, "Linux root, ARM64" },
	{ "44479540-F297-41B2-9AF7-D131D5F0458A", 0, ROLE_ROOT, "Linux root, x86" },
	{ "69DAD710-2CE4-4E3C-B16C-21A1D49ABED3", 0, ROLE_ROOT, "Linux root, ARM" },
	{ "72EC70A6-CF74-40E6-BD49-4BDA08E8F224", 0, ROLE_ROOT, "Linux root, RISC-V 64" },
	{ "C31C45E6-3F39-412E-80FB-4809C4980599", 0, ROLE_ROOT, "Linux root, POWER LE" },
	{ "5EEAD9A9-FE09-4A1E-A1D7-520D00531306", 0, ROLE_ROOT, "Linux root, s390x" },
	{ "77055800-792C-4F94-B39A-98C91B762BB6", 0, ROLE_ROOT, "Linux root, LoongArch 64" },
	{ "0FC63DAF-8483-4772-8E79-3D69D8477DE4", 0, ROLE_LINUX, "Linux" },
	{ "933AC7E1-2EB4-4F13-B844-0E14E2AEF915", 0, ROLE_OTHER, "Linux /home" },
	{ "3B8F8425-20E0-4F3B-907F-1A25A76F98E8", 0, ROLE_OTHER, "Linux /srv" },
	{ "4D21B016-B534-45C2-A9FB-5C16E091FD2D", 0, ROLE_OTHER, "Linux /var" },
	{ "E6D6D379-F507-44C2-A23C-238F2A3DF928", 0, ROLE_SYSTEM, "Linux LVM" },
	{ "CA7D7CCB-63ED-4C53-861C-1742536059CC", 0, ROLE_SYSTEM, "Linux LUKS" },
	{ "A19D880F-05FC-4D3B-A006-743F0F84911E", 0, ROLE_SYSTEM, "Linux RAID" },
	{ "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", 0, ROLE_SYSTEM, "Windows data" },
	{ "516E7CB6-6ECF-11D6-8FF8-00022D09712B", 0, ROLE_SYSTEM, "FreeBSD UFS" },
	{ "516E7CBA-6ECF-11D6-8FF8-00022D09712B", 0, ROLE_SYSTEM, "FreeBSD ZFS" },
	{ "6A898CC3-1DD2-11B2-99A6-080020736631", 0, ROLE_SYSTEM, "ZFS" },
	{ "7C3457EF-0000-11AA-AA11-00306543ECAC", 0, ROLE_SYSTEM, "APFS" },
	{ "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F", 0, ROLE_HELPER, SWAP },
	{ "516E7CB5-6ECF-11D6-8FF8-00022D09712B", 0, ROLE_HELPER, "FreeBSD swap" },
	{ "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC", 0, ROLE_HELPER, "Windows recovery" },
	{ "E3C9E316-0B5C-4DB8-817D-F92DF00215AE", 0, ROLE_HELPER, "Microsoft reserved" },
	{ "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", 0, ROLE_HELPER, "EFI system" },
	{ "BC13C2FF-59E6-4262-A352-B275FD6F7172", 0, ROLE_HELPER, "Linux /boot" },
	{ "21686148-6449-6E6F-744E-656564454649", 0, ROLE_HELPER, "BIOS boot" },
	{ "83BD6B9D-7F41-11DC-BE0B-001560B84F0F", 0, ROLE_HELPER, "FreeBSD boot" },
	{ "9E1A2D38-C612-4316-AA26-8B49521E5A8B", 0, ROLE_HELPER, "PReP boot" },
	{ NULL, 0x83, ROLE_LINUX, "Linux" },
	{ NULL, 0x8e, ROLE_SYSTEM, "Linux LVM" },
	{ NULL, 0xe8, ROLE_SYSTEM, "Linux LUKS" },
	{ NULL, 0xfd, ROLE_SYSTEM, "Linux RAID" },
	{ NULL, 0x07, ROLE_SYSTEM, "NTFS or exFAT" },
	{ NULL, 0xa5, ROLE_SYSTEM, "FreeBSD" },
	{ NULL, 0xa6, ROLE_SYSTEM, "OpenBSD" },
	{ NULL, 0xa9, ROLE_SYSTEM, "NetBSD" },
	{ NULL, 0x0b, ROLE_OTHER, "FAT" },
	{ NULL, 0x0c, ROLE_OTHER, "FAT" },
	{ NULL, 0x0e, ROLE_OTHER, "FAT" },
	{ NULL, 0x05, ROLE_OTHER, EXTENDED },
	{ NULL, 0x0f, ROLE_OTHER, EXTENDED },
	{ NULL, 0x85, ROLE_OTHER, EXTENDED },
	{ NULL, 0x82, ROLE_HELPER, SWAP },
	{ NULL, 0x27, ROLE_HELPER, "Windows recovery" },
	{ NULL, 0x12, ROLE_HELPER, "recovery of the maker" },
	{ NULL, 0xef, ROLE_HELPER, "EFI system" },
	{ NULL, 0xea, ROLE_HELPER, "Linux /boot" },
	{ NULL, 0x41, ROLE_HELPER, "PReP boot" },
};

static const struct type *find(const struct table_entry *entry)
{
	const bool is_gpt = entry->type_guid[0] != '\0';

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (is_gpt ? types[i].guid && strcmp(types[i].guid, entry->type_guid) == 0
			   : !types[i].guid && types[i].type == entry->part.type)
			return &types[i];
	return NULL;
}

enum role role_of(const struct table_entry *entry)
{
	const struct type *type = find(entry);

	return type ? type->role : ROLE_OTHER;
}

bool role_is_swap(const struct table_entry *entry)
{
	const struct type *type = find(entry);

	return type && strcmp(type->name, SWAP) == 0;
}

const char *role_describe(const struct partition_table *table, const struct table_entry *entry,
			  char out[static ROLE_NAME_BYTES])
{
	const struct type *type = find(entry);
	char size[TEXT_SIZE_CHARS], name[NAME_SHOWN_BYTES];
	size_t used;

	text_of_size(size, entry->part.size_sectors * table->sector_bytes);
	text_make_safe(name, sizeof(name), entry->name, strlen(entry->name));
	used = (size_t)snprintf(out, ROLE_NAME_BYTES, "partition %u (", entry->part.number);
	if (type)
		used += (size_t)snprintf(out + used, ROLE_NAME_BYTES - used, "%s, ", type->name);
	else if (entry->type_guid[0])
		used += (size_t)snprintf(out + used, ROLE_NAME_BYTES - used, "type %s, ",
					 entry->type_guid);
	else
		used += (size_t)snprintf(out + used, ROLE_NAME_BYTES - used, "type 0x%02x, ",
					 entry->part.type);
	snprintf(out + used, ROLE_NAME_BYTES - used, name[0] ? "%s, \"%s\")" : "%s)", size, name);
	return out;
}

const struct table_entry *role_root_before(const struct partition_table *table,
					   const struct table_entry *entry)
{
	const struct table_entry *root = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *other = &table->entries[i];
		const enum role role = role_of(other);

		if (other->part.start_lba >= entry->part.start_lba || role < ROLE_SYSTEM)
			continue;
		if (!root || (role == ROLE_ROOT && role_of(root) != ROLE_ROOT) ||
		    ((role == ROLE_ROOT) == (role_of(root) == ROLE_ROOT) &&
		     other->part.size_sectors > root->part.size_sectors))
			root = other;
	}
	return root;
}
