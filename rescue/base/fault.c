/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fault.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct fault *fault, enum reason reason, const char *format, va_list args)
{
	fault->reason = reason;
	fault->hint[0] = '\0';
	vsnprintf(fault->message, sizeof(fault->message), format, args);
}

int fault_set(struct fault *fault, enum reason reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(fault, reason, format, args);
	va_end(args);
	return -1;
}

int fault_set_errno(struct fault *fault, enum reason reason, int errno_value, const char *format,
		    ...)
{
	va_list args;
	size_t used;

	va_start(args, format);
	fill(fault, reason, format, args);
	va_end(args);
	used = strlen(fault->message);
	snprintf(fault->message + used, sizeof(fault->message) - used, ": %s",
		 strerror(errno_value));
	return -1;
}

int fault_hint(struct fault *fault, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fault->hint, sizeof(fault->hint), format, args);
	va_end(args);
	return -1;
}

static void capitalize(char *sentence)
{
	size_t word_chars = strcspn(sentence, " ");

	if (strcspn(sentence, "-_./0123456789") >= word_chars)
		sentence[0] = (char)toupper((unsigned char)sentence[0]);
}

void fault_capitalize(struct fault *fault)
{
	capitalize(fault->message);
	capitalize(fault->hint);
}
