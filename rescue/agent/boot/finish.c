/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "finish.h"

#include <sys/reboot.h>
#include <unistd.h>

_Noreturn void finish_power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	/* Without ACPI the machine stays on; the host ends it after a while. */
	for (;;)
		pause();
}
