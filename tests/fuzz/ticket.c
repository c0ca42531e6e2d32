/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ticket of a complete log, which may come from anywhere. */
#include "fuzz.h"

#include "host/log/ticket.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX (UINT64_C(1) << 53)

static void judge_sum(const char *sum)
{
	MUST(strlen(sum) == 64);
	MUST(strspn(sum, "0123456789abcdef") == 64);
}

static void judge_numbers(const struct ticket_facts *facts)
{
	MUST(facts->format == IMAGE_RAW || facts->format == IMAGE_QCOW2);
	MUST(facts->size_before_bytes <= NUMBER_MAX && facts->size_after_bytes <= NUMBER_MAX);
	MUST(facts->image_bytes <= NUMBER_MAX && facts->table_at <= NUMBER_MAX);
	MUST(facts->table_bytes <= NUMBER_MAX && facts->superblock_at <= NUMBER_MAX);
	MUST(facts->superblock_at % 512 == 0);
}

/* What becomes a name of a file, or stands in a sentence. */
static void judge_texts(const struct ticket_facts *facts)
{
	const char *const texts[] = { facts->work_dir, facts->key, facts->image_time };

	for (int i = 0; i < 3; i++)
		for (const char *at = texts[i]; *at; at++)
			MUST((unsigned char)*at >= 0x20 && *at != 0x7f);
	MUST(facts->image_time[0] != '\0');
	MUST(facts->work_dir[0] == '\0' || facts->work_dir[0] == '/');
	MUST((facts->work_dir[0] == '\0') == (facts->key[0] == '\0'));
	MUST(facts->key[strspn(facts->key, "0123456789abcdef")] == '\0');
	judge_sum(facts->log_sum);
	for (int i = 0; i < 2; i++) {
		judge_sum(facts->sector_sum[i]);
		judge_sum(facts->superblock_sum[i][0]);
		judge_sum(facts->superblock_sum[i][1]);
	}
}

/* Both began as zeroes, so that equal facts are equal bytes. */
static void judge_round(const struct ticket_facts *facts)
{
	static struct ticket_facts again;
	char *text = ticket_format(facts);

	MUST(text);
	MUST(strlen(text) < TICKET_MAX_BYTES);
	memset(&again, 0, sizeof(again));
	MUST(!ticket_parse(text, strlen(text), &again));
	MUST(facts->format == again.format);
	MUST(facts->size_before_bytes == again.size_before_bytes);
	MUST(facts->size_after_bytes == again.size_after_bytes);
	MUST(facts->image_bytes == again.image_bytes);
	MUST(facts->superblock_at == again.superblock_at);
	MUST(facts->table_at == again.table_at && facts->table_bytes == again.table_bytes);
	MUST(strcmp(facts->work_dir, again.work_dir) == 0);
	MUST(strcmp(facts->key, again.key) == 0);
	MUST(strcmp(facts->image_time, again.image_time) == 0);
	MUST(strcmp(facts->log_sum, again.log_sum) == 0);
	MUST(memcmp(facts->sector_sum, again.sector_sum, sizeof(again.sector_sum)) == 0);
	MUST(memcmp(facts->superblock_sum, again.superblock_sum, sizeof(again.superblock_sum)) ==
	     0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static struct ticket_facts facts;

	memset(&facts, 0, sizeof(facts));
	if (ticket_parse((const char *)data, size_bytes, &facts)) {
		MUST(facts.image_time[0] == '\0' && facts.log_sum[0] == '\0');
		return 0;
	}
	judge_numbers(&facts);
	judge_texts(&facts);
	judge_round(&facts);
	fuzz_accepted++;
	return 0;
}
