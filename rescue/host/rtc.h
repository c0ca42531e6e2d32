/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A moment as --rtc takes it: 2038-01-19T03:14:00Z. */
#ifndef HOST_RTC_H
#define HOST_RTC_H

#include <stdint.h>

#define RTC_BYTES 32

/* Read a moment in UTC, since 1970, on a day that there is; "Z" may be left out. ret_text:
 * without "Z", as QEMU takes it. -1: it is none. */
int rtc_parse(const char *text, int64_t *ret_unix_s, char ret_text[RTC_BYTES]);

#endif
