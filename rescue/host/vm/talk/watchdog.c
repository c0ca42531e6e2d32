/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watchdog.h"

#include "base/io.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define EXCUSE_MS 5000 /* for the guest to speak again, which may have been stopped as well */

void watchdog_open(struct watchdog *dog, int64_t run_limit_ms)
{
	dog->run_limit_ms = run_limit_ms;
	dog->run_deadline_ms = clock_ms() + run_limit_ms;
}

void watchdog_arm(struct watchdog *dog, enum watch watch, int64_t limit_ms)
{
	dog->watch = watch;
	dog->limit_ms = limit_ms;
	dog->deadline_ms = clock_ms() + limit_ms;
}

void watchdog_arm_disk(struct watchdog *dog, int64_t limit_ms)
{
	dog->disk_limit_ms = limit_ms;
	dog->disk_deadline_ms = clock_ms() + limit_ms;
}

void watchdog_feed(struct watchdog *dog, const char *stage)
{
	if (dog->watch == WATCH_SILENCE)
		dog->deadline_ms = clock_ms() + dog->limit_ms;
	if (stage)
		text_make_safe(dog->stage, sizeof(dog->stage), stage, strlen(stage));
}

void watchdog_excuse(struct watchdog *dog, int64_t absent_ms)
{
	int64_t more_ms = absent_ms + EXCUSE_MS;

	dog->deadline_ms += more_ms;
	dog->disk_deadline_ms += more_ms;
	dog->run_deadline_ms += more_ms;
}

int watchdog_left_ms(const struct watchdog *dog)
{
	int64_t first_ms =
		dog->deadline_ms < dog->run_deadline_ms ? dog->deadline_ms : dog->run_deadline_ms;
	int64_t left_ms;

	if (dog->disk_limit_ms > 0 && dog->disk_deadline_ms < first_ms)
		first_ms = dog->disk_deadline_ms;
	left_ms = first_ms - clock_ms();
	if (left_ms < 0)
		return 0;
	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

int watchdog_fault(const struct watchdog *dog, struct fault *fault)
{
	long long seconds = (dog->limit_ms + 999) / 1000;
	char where[sizeof(dog->stage) + 32] = "before its first beat";

	if (dog->stage[0])
		snprintf(where, sizeof(where), "its last stage was %s", dog->stage);
	if (dog->run_deadline_ms <= dog->deadline_ms)
		return fault_set(fault, REASON_STALLED,
				 "the virtual machine did not finish within %lld s (%s)",
				 (long long)(dog->run_limit_ms + 999) / 1000, where);
	if (dog->disk_limit_ms > 0 && dog->disk_deadline_ms < dog->deadline_ms)
		return fault_set(fault, REASON_DISK_IO,
				 "the disk did not appear in the virtual machine within %lld s",
				 (long long)dog->disk_limit_ms / 1000);
	switch (dog->watch) {
	case WATCH_HELLO:
		fault_set(fault, REASON_STALLED, "the virtual machine did not start within %lld s",
			  seconds);
		return fault_hint(fault, "try again when the host is less busy");
	case WATCH_SILENCE:
		fault_set(fault, REASON_STALLED, "the virtual machine was silent for %lld s (%s)",
			  seconds, where);
		return fault_hint(fault, "try again when the host is less busy");
	case WATCH_EXIT:
		break;
	}
	return fault_set(fault, REASON_STALLED,
			 "the virtual machine did not power off within %lld s", seconds);
}
