/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "produce.h"

int produce_gpt(const struct table_source *before, const struct table *table,
		const struct write_request *request, struct write_set *ret_set)
{
	(void)before, (void)table, (void)request, (void)ret_set;
	return -1;
}

int produce_gpt_repaired(const struct table_source *before, const struct write_request *request,
			 struct write_set *ret_set)
{
	(void)before, (void)request, (void)ret_set;
	return -1;
}
