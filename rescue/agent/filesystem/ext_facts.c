/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header counts MMP among the library's features only where this is set;
 * Debian's build of the library has it. */
#define CONFIG_MMP 1

#include "ext_facts.h"

#include "base/text.h"
#include "ext_handle.h"

#include <e2p/e2p.h>
#include <stdio.h>
#include <string.h>

/* Names of the features of one set that libext2fs does not support. */
static void name_unknown(char *out, size_t out_bytes, int set, uint32_t features)
{
	size_t used = strlen(out);

	for (unsigned bit = 0; bit < 32 && used < out_bytes; bit++) {
		if ((features & (1u << bit)) == 0)
			continue;
		snprintf(out + used, out_bytes - used, "%s%s", used ? ", " : "",
			 e2p_feature2string(set, 1u << bit));
		used = strlen(out);
	}
}

static int check_features(struct ext2_super_block *super, struct fault *fault)
{
	char unknown[200] = "";

	name_unknown(unknown, sizeof(unknown), E2P_FEATURE_COMPAT,
		     super->s_feature_compat & ~(uint32_t)EXT2_LIB_FEATURE_COMPAT_SUPP);
	name_unknown(unknown, sizeof(unknown), E2P_FEATURE_INCOMPAT,
		     super->s_feature_incompat & ~(uint32_t)EXT2_LIB_FEATURE_INCOMPAT_SUPP);
	name_unknown(unknown, sizeof(unknown), E2P_FEATURE_RO_INCOMPAT,
		     super->s_feature_ro_compat & ~(uint32_t)EXT2_LIB_FEATURE_RO_COMPAT_SUPP);
	if (ext2fs_has_feature_journal_dev(super))
		return fault_set(fault, REASON_FS_FEATURE,
				 "it is the journal of another file system");
	if (unknown[0] == '\0' && ext2fs_has_feature_journal(super) && super->s_journal_inum == 0)
		return fault_set(fault, REASON_FS_FEATURE,
				 "the journal of the file system is on another device");
	if (unknown[0] == '\0')
		return 0;
	fault_set(fault, REASON_FS_FEATURE,
		  "the file system has features that e2fsprogs %s does not know: %s",
		  ext_facts_library_version(), unknown);
	return fault_hint(fault, "a newer e2fsprogs is needed for this file system");
}

static const char *state_of(struct ext2_super_block *super)
{
	if (super->s_state & EXT2_ERROR_FS)
		return "errors";
	if (ext2fs_has_feature_journal_needs_recovery(super))
		return "needs-recovery";
	return super->s_state & EXT2_VALID_FS ? FS_CLEAN : "not-clean";
}

/* The same rule as libblkid's: a journal makes ext3, anything newer ext4. */
static const char *type_of(struct ext2_super_block *super)
{
	const uint32_t ext3_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE |
				       EXT3_FEATURE_INCOMPAT_RECOVER |
				       EXT2_FEATURE_INCOMPAT_META_BG;
	const uint32_t ext3_ro_compat =
		EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE;

	if ((super->s_feature_incompat & ~ext3_incompat) != 0 ||
	    (super->s_feature_ro_compat & ~ext3_ro_compat) != 0)
		return "ext4";
	return ext2fs_has_feature_journal(super) ? "ext3" : "ext2";
}

static uint32_t flex_groups_of(struct ext2_super_block *super)
{
	if (!ext2fs_has_feature_flex_bg(super) || super->s_log_groups_per_flex > 31)
		return 1;
	return UINT32_C(1) << super->s_log_groups_per_flex;
}

static void describe(ext2_filsys fs, struct ext_facts *facts)
{
	struct ext2_super_block *super = fs->super;
	char label[EXT2_LABEL_LEN + 1] = "";

	*facts = (struct ext_facts){
		.common = { .type = type_of(super),
			    .state = state_of(super),
			    .block_bytes = fs->blocksize,
			    .blocks = ext2fs_blocks_count(super) },
		.free_blocks = ext2fs_free_blocks_count(super),
		.first_data_block = super->s_first_data_block,
		.blocks_per_group = super->s_blocks_per_group,
		.inodes_per_group = super->s_inodes_per_group,
		.inodes = super->s_inodes_count,
		.free_inodes = super->s_free_inodes_count,
		.inode_table_blocks = fs->inode_blocks_per_group,
		.descriptors_per_block = (uint32_t)EXT2_DESC_PER_BLOCK(super),
		.reserved_gdt_blocks = super->s_reserved_gdt_blocks,
		.flex_groups = flex_groups_of(super),
		.cluster_blocks = (uint32_t)EXT2FS_CLUSTER_RATIO(fs),
		.backup_groups = { super->s_backup_bgs[0], super->s_backup_bgs[1] },
		.is_64bit = ext2fs_has_feature_64bit(super),
		.has_bigalloc = ext2fs_has_feature_bigalloc(super),
		.has_flex_bg = ext2fs_has_feature_flex_bg(super),
		.has_meta_bg = ext2fs_has_feature_meta_bg(super),
		.has_sparse_super = ext2fs_has_feature_sparse_super(super),
		.has_sparse_super2 = ext2fs_has_feature_sparse_super2(super),
	};
	memcpy(label, super->s_volume_name, EXT2_LABEL_LEN);
	text_make_safe(facts->common.label, sizeof(facts->common.label), label, strlen(label));
	for (size_t i = 0, used = 0; i < sizeof(super->s_uuid); i++)
		used += (size_t)snprintf(facts->common.uuid + used, FS_UUID_BYTES - used, "%s%02x",
					 i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
					 super->s_uuid[i]);
}

int ext_facts_read(const struct fs_target *target, struct ext_facts *ret_facts, struct fault *fault)
{
	cleanup_ext ext2_filsys fs = NULL;
	/* FORCE: features are judged here, where they can be named. Checksums
	 * are e2fsck's business. */
	const int flags = EXT2_FLAG_64BITS | EXT2_FLAG_SUPER_ONLY | EXT2_FLAG_FORCE |
			  EXT2_FLAG_IGNORE_CSUM_ERRORS;
	errcode_t error;

	initialize_ext2_error_table();
	error = ext2fs_open2(target->device, NULL, flags, 0, 0, unix_io_manager, &fs);

	if (error == EXT2_ET_SHORT_READ || (error && error < EXT2_ET_BASE))
		return fault_set(fault, REASON_DISK_IO, "the file system cannot be read: %s",
				 error_message(error));
	if (error) {
		fault_set(fault, REASON_FS_UNCLEAN,
			  "the superblock of the file system is damaged: %s", error_message(error));
		return fault_hint(
			fault, "on a copy of the disk, dumpe2fs -o superblock=N finds a valid "
			       "backup of it, and e2fsck -b N restores that (it can remove files)");
	}
	if (check_features(fs->super, fault) < 0)
		return -1;
	describe(fs, ret_facts);
	return 0;
}

const char *ext_facts_library_version(void)
{
	const char *version = NULL;

	ext2fs_get_library_version(&version, NULL);
	return version ? version : "";
}
