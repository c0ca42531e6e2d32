/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of a GPT, as people and sfdisk write them. */
#ifndef TABLE_GPT_TEXT_H
#define TABLE_GPT_TEXT_H

#include "gpt.h"

/* The 16 bytes of a GUID in capital letters. The first three groups are little-endian.
 * Source: UEFI specification, appendix A. */
void gpt_text_guid(const uint8_t bytes[static TABLE_GUID_BYTES], char out[static TABLE_GUID_CHARS]);

/* The name of an entry, UTF-16LE up to its first zero, in UTF-8. Half of a pair becomes
 * U+FFFD; what else is not safe to show is not changed. */
void gpt_text_name(const uint8_t bytes[static GPT_NAME_BYTES], char out[static TABLE_NAME_CHARS]);

#endif
