/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtc.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int rtc_parse(const char *text, int64_t *ret_unix_s, char ret_text[RTC_BYTES])
{
	struct tm parts = { 0 }, real;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	int day = parts.tm_mday;
	time_t seconds;

	if (!rest || (strcmp(rest, "") != 0 && strcmp(rest, "Z") != 0))
		return -1;
	real = parts;
	seconds = timegm(&real); /* makes 2 March of 30 February */
	if (seconds <= 0 || real.tm_mday != day)
		return -1;
	*ret_unix_s = seconds;
	strftime(ret_text, RTC_BYTES, "%Y-%m-%dT%H:%M:%S", &real);
	return 0;
}
