/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of PID 1. */
#ifndef BOOT_FINISH_H
#define BOOT_FINISH_H

/* Power the machine off. PID 1 must not return, so this does not either. */
_Noreturn void finish_power_off(void);

#endif
