/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "paths.h"

#include "base/cleanup.h"

#include <string.h>
#include <sys/stat.h>

/* An administrator's word for all users of this host. */
#define NATIVE_FORBIDDEN "/etc/grow-disk/no-native"

static bool is_program(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* Find it as execvp(3) would. */
static bool find_program(const char *name, char found[PATH_MAX])
{
	const char *rest = getenv("PATH");
	char path[PATH_MAX], system_path[256];

	if (!rest && confstr(_CS_PATH, system_path, sizeof(system_path)) > 0)
		rest = system_path;
	if (strchr(name, '/'))
		return is_program(name) && realpath(name, found);
	while (rest && *rest) {
		size_t length = strcspn(rest, ":");
		int used = snprintf(path, sizeof(path), "%.*s/%s", length ? (int)length : 1,
				    length ? rest : ".", name);

		if (used > 0 && used < PATH_MAX && is_program(path) && realpath(path, found))
			return true;
		rest += length;
		rest += *rest == ':';
	}
	return false;
}

static int find_qemu(const char *name, enum guest_arch arch, struct paths *paths,
		     struct fault *fault)
{
	if (find_program(name, paths->qemu))
		return 0;
	fault_set(fault, REASON_NO_QEMU, "The program %.200s is not installed", name);
	return fault_hint(fault, "On Debian: apt-get install %s", board_of(arch)->package);
}

static int find_guest_file(const char *folder, enum guest_arch arch, const char *name,
			   char found[PATH_MAX], struct fault *fault)
{
	char path[PATH_MAX];
	int used = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (used > 0 && used < PATH_MAX && realpath(path, found) && access(found, R_OK) == 0)
		return 0;
	fault_set_errno(fault, REASON_NO_GUEST, errno, "the guest's %s cannot be read in %s", name,
			folder);
	return fault_hint(fault, "build the guest (%s), or reinstall grow-disk",
			  board_of(arch)->target);
}

static int read_build_id(const char *folder, enum guest_arch arch, struct paths *paths,
			 struct fault *fault)
{
	char path[PATH_MAX];
	cleanup_file FILE *file = NULL;

	if (find_guest_file(folder, arch, "build-id", path, fault) < 0)
		return -1;
	file = fopen(path, "re");
	if (!file || !fgets(paths->build_id, sizeof(paths->build_id), file))
		return fault_set(fault, REASON_NO_GUEST, "the guest's build-id in %s is empty",
				 folder);
	paths->build_id[strcspn(paths->build_id, "\n")] = '\0';
	return 0;
}

/* Without them there is always the machine. */
static void find_native(const char *folder, struct paths *paths)
{
	char path[PATH_MAX];

	paths->native[0] = paths->storage[0] = '\0';
	if (access(NATIVE_FORBIDDEN, F_OK) == 0 ||
	    snprintf(path, sizeof(path), "%s/rescue-native", folder) >= PATH_MAX ||
	    !find_program(path, paths->native))
		paths->native[0] = '\0';
	if (!find_program("qemu-storage-daemon", paths->storage))
		paths->storage[0] = '\0';
}

int paths_find(const char *qemu, const char *guest_folder, enum guest_arch arch, bool may_be_native,
	       struct paths *ret_paths, struct fault *fault)
{
	find_native(guest_folder, ret_paths);
	if (find_qemu(qemu, arch, ret_paths, fault) < 0) {
		if (!may_be_native || !ret_paths->native[0] || !ret_paths->storage[0])
			return -1;
		ret_paths->qemu[0] = '\0';
	}
	if (find_guest_file(guest_folder, arch, "kernel", ret_paths->kernel, fault) < 0 ||
	    find_guest_file(guest_folder, arch, "initramfs.cpio", ret_paths->initramfs, fault) < 0)
		return -1;
	snprintf(ret_paths->tools, sizeof(ret_paths->tools), "%s/tools.img", guest_folder);
	return read_build_id(guest_folder, arch, ret_paths, fault);
}
