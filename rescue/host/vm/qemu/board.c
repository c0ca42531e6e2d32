/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "board.h"

#include <stdio.h>

const char *const guest_arch_words[] = { "x86_64", "aarch64", NULL };

static const struct board boards[] = {
	[GUEST_ARCH_X86_64] = {
		.qemu = "qemu-system-x86_64",
		.package = "qemu-system-x86",
		.target = "make",
		.console = "ttyS0",
		/* One emulated processor: no use in calibrating its APIC timer (0.1 s), nor in
		 * patching the locks of several processors out of the kernel (0.06 s). */
		.tcg_one = " noapictimer noreplace-smp",
		/* Without an IDE disk the controller need not be woken: 0.2 s. */
		.no_ide = " initcall_blacklist=piix_init",
		.all_attach = true,
	},
	[GUEST_ARCH_AARCH64] = {
		.qemu = "qemu-system-aarch64",
		.package = "qemu-system-arm",
		.target = "make guest-aarch64",
		.console = "ttyAMA0",
		.tcg_one = "",
		.no_ide = "",
	},
};

enum guest_arch guest_arch_host(void)
{
#ifdef __aarch64__
	return GUEST_ARCH_AARCH64;
#else
	return GUEST_ARCH_X86_64;
#endif
}

bool guest_arch_is_foreign(enum guest_arch arch)
{
	return arch != guest_arch_host();
}

enum accel guest_arch_accel(enum guest_arch arch, enum accel wish)
{
	return wish == ACCEL_AUTO && guest_arch_is_foreign(arch) ? ACCEL_TCG : wish;
}

const struct board *board_of(enum guest_arch arch)
{
	return &boards[arch];
}

/* KVM has the interrupt controller of the host; any other can be emulated. */
void board_machine(enum guest_arch arch, enum accel accel, char *out, size_t out_bytes)
{
	if (arch == GUEST_ARCH_AARCH64)
		snprintf(out, out_bytes, "virt,gic-version=%s,accel=%s",
			 accel == ACCEL_KVM ? "host" : "3", accel_word(accel));
	else
		snprintf(out, out_bytes, "pc,usb=off,vmport=off,accel=%s", accel_word(accel));
}
