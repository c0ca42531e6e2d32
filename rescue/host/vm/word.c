/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "word.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int word_read(struct word *word, struct fault *fault)
{
	char text[64];
	ssize_t got = read(word->fd, text, sizeof(text));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0)
		return fault_set(fault, REASON_INTERRUPTED,
				 "whoever started rescue-vm has gone before the disk was ready");
	if (memchr(text, '\n', (size_t)got))
		word->fd = -1;
	return 0;
}
