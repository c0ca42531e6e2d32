/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#include "program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int base_folder(char ret_folder[PATH_MAX], struct fault *fault)
{
	const char *given = getenv("GROW_DISK_GUEST_DIR");
	ssize_t got;

	if (given && given[0]) {
		snprintf(ret_folder, PATH_MAX, "%s", given);
		return 0;
	}
	got = readlink("/proc/self/exe", ret_folder, PATH_MAX - 1);
	if (got > 0) {
		ret_folder[got] = '\0';
		*strrchr(ret_folder, '/') = '\0';
		return 0;
	}
	fault_set_errno(fault, REASON_NO_GUEST, errno,
			"The directory of the guest cannot be found");
	return fault_hint(fault,
			  "Set GROW_DISK_GUEST_DIR to the directory of kernel and initramfs.cpio");
}

int guest_folder(enum guest_arch arch, char ret_folder[PATH_MAX], struct fault *fault)
{
	size_t used;

	if (base_folder(ret_folder, fault) < 0)
		return -1;
	used = strlen(ret_folder);
	if (guest_arch_is_foreign(arch))
		snprintf(ret_folder + used, PATH_MAX - used, "/%s", guest_arch_words[arch]);
	return 0;
}

const char *guest_qemu_of(enum guest_arch arch)
{
	const char *given = getenv("GROW_DISK_QEMU");

	return given && given[0] ? given : board_of(arch)->qemu;
}

const char *guest_qemu(void)
{
	return guest_qemu_of(GUEST_ARCH_X86_64);
}

static int need(const char *program, enum reason reason, const char *package, struct fault *fault)
{
	char path[PATH_MAX];

	if (program_find(program, path) == 0)
		return 0;
	fault_set(fault, reason, "The program %.200s is not installed", program);
	return fault_hint(fault, "On Debian: apt-get install %s", package);
}

int guest_check_machine(enum guest_arch arch, struct fault *fault)
{
	return need(guest_qemu_of(arch), REASON_NO_QEMU, board_of(arch)->package, fault);
}

int guest_check_programs(bool machine, struct fault *fault)
{
	if (need("qemu-img", REASON_MISSING_PROGRAM, "qemu-utils", fault) < 0 ||
	    need("qemu-storage-daemon", REASON_MISSING_PROGRAM, "qemu-system-common", fault) < 0)
		return -1;
	return machine ? guest_check_machine(GUEST_ARCH_X86_64, fault) : 0;
}
