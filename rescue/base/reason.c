/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reason.h"

#include <string.h>

static const struct {
	enum reason reason;
	const char *word;
	enum status status;
} reasons[] = { { REASON_NONE, "none", STATUS_OK },
#define X(id, word, status) { id, word, status },
		REASON_TABLE(X)
#undef X
};

const char *reason_word(enum reason reason)
{
	return reasons[reason].word;
}

enum status reason_status(enum reason reason)
{
	return reasons[reason].status;
}

enum reason reason_of_word(const char *word)
{
	for (size_t i = 1; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].word, word) == 0)
			return reasons[i].reason;
	return REASON_NONE;
}

bool reason_is_of_guest(enum reason reason)
{
	return reason >= REASON_USAGE;
}
