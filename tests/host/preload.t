#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests-preload.so, by which tests make system calls fail: each rule does what it says,
# to the files that it names and to no others.
# shellcheck disable=SC2154  # work and build come from tap.sh
set -u
tests=$(dirname "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"
# LD_PRELOAD takes no path with a blank.
cp "$build/tests-preload.so" "$work/preload.so"

# probe CALL FILE...: makes one call, and prints its result, or the name of the error.
cat >"$work/probe.c" <<'EOF'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static void note(int number)
{
	(void)number;
	if (write(1, "signal ", 7) < 0)
		_exit(1);
}

static long long call(const char *name, const char *path, const char *more)
{
	int fd = open(path, O_RDWR);
	struct statvfs status = { 0 };
	char byte;

	if (fd < 0)
		fd = open(path, O_RDONLY);
	if (strcmp(name, "statvfs") == 0)
		return statvfs(path, &status) < 0 ? -1 : (long long)(status.f_bavail * status.f_frsize);
	if (strcmp(name, "fstatvfs") == 0)
		return fstatvfs(fd, &status) < 0 ? -1 : (long long)(status.f_bavail * status.f_frsize);
	if (strcmp(name, "fsync") == 0)
		return fsync(fd);
	if (strcmp(name, "fdatasync") == 0)
		return fdatasync(fd);
	if (strcmp(name, "syncfs") == 0)
		return syncfs(fd);
	if (strcmp(name, "sync_file_range") == 0)
		return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	if (strcmp(name, "rename") == 0)
		return rename(path, more);
	if (strcmp(name, "renameat2") == 0)
		return renameat2(AT_FDCWD, path, AT_FDCWD, more, RENAME_NOREPLACE);
	if (strcmp(name, "pread") == 0)
		return pread(fd, &byte, 1, atoi(more));
	if (strcmp(name, "read") == 0 && lseek(fd, atoi(more), SEEK_SET) >= 0)
		return read(fd, &byte, 1);
	if (strcmp(name, "access") == 0)
		return access(more, F_OK);
	if (strcmp(name, "preload") == 0)
		return getenv("LD_PRELOAD") != NULL;
	return -1;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = note };
	long long result;

	sigaction(SIGTERM, &action, NULL);
	result = argc < 4 ? -1 : call(argv[1], argv[2], argv[3]);
	if (result < 0)
		puts(strerrorname_np(errno));
	else
		printf("%lld\n", result);
	return 0;
}
EOF
gcc -o "$work/probe" "$work/probe.c" || exit 1

# probe RULES CALL FILE [MORE]: by a shell, as the command of users is one.
probe() {
	rules=$1
	shift
	env LD_PRELOAD="$work/preload.so" GROW_TEST_PRELOAD="$rules" sh -c '"$@"; exit "$?"' - "$work/probe" "$1" "$2" "${3:-x}"
}

mkdir "$work/disks"
cd "$work/disks" || exit 1
printf 0123456789 >disk
printf 0123456789 >disk.log

is "room: where it was said" "$(probe "statvfs:/disks$:40960" statvfs .)" 40960
is "room: by a descriptor" "$(probe "statvfs:/disks$:40960" fstatvfs .)" 40960
ok "room: not of the folder above" [ "$(probe "statvfs:/disks$:40960" statvfs ..)" != 40960 ]
is "room: while there is a file" "$(probe "statvfs:/disks$:40960:disk.log" statvfs .)" 40960
ok "room: not while there is none" [ "$(probe "statvfs:/disks$:40960:none" statvfs .)" != 40960 ]
for call in fsync fdatasync syncfs sync_file_range; do
	rule=fsync
	[ "$call" != sync_file_range ] || rule=$call
	is "$call: fails" "$(probe "$rule:.log:EIO" "$call" disk.log)" EIO
	is "$call: another file" "$(probe "$rule:.log:EIO" "$call" disk)" 0
done
is "several rules" "$(probe "rename:x:EPERM,fsync:none:EIO,fsync:.log:ENOSPC" fsync disk.log)" ENOSPC
is "rename: fails" "$(probe "rename:.image:EXDEV" rename disk disk.image)" EXDEV
is "renameat2: fails" "$(probe "rename:.image:EXDEV" renameat2 disk disk.image)" EXDEV
is "rename: to another name" "$(probe "rename:.image:EXDEV" rename disk disk2)" 0
is "step: the first one" "$(probe "step:.log:kill:1" fsync disk.log 2>/dev/null; echo $?)" 137
is "step: there is no second one" "$(probe "step:.log:kill:2" fsync disk.log)" 0
is "step: a signal, and on" "$(probe "step:.log:term:1" fsync disk.log)" "signal 0"
is "step: another file" "$(probe "step:.log:kill:1" fsync disk2)" 0
is "step: a rename to that name" "$(probe "step:disk2:kill:1" rename disk disk2 2>/dev/null; echo $?)" 137
is "access: a file that is not there is found" "$(probe "access:/none$:found" access disk /none)" 0
is "access: another one is not" "$(probe "access:/none$:found" access disk /none2)" ENOENT
for call in pread read; do
	is "$call: before the bad bytes" "$(probe "pread:.log:5:EIO" "$call" disk.log 4)" 1
	is "$call: the bad bytes" "$(probe "pread:.log:5:EIO" "$call" disk.log 5)" EIO
	is "$call: another file" "$(probe "pread:.log:5:EIO" "$call" disk2 5)" 1
done
is "the program does not pass the library on" "$(probe "fsync:x:EIO" preload disk.log)" 0
cp disk2 disk
is "programs of the system are left alone" "$(LD_PRELOAD="$work/preload.so" GROW_TEST_PRELOAD=rename:.image:EIO mv disk disk.image 2>&1)" ''

# A flush that hangs; the signal comes when the mark says that it does.
env LD_PRELOAD="$work/preload.so" GROW_TEST_PRELOAD=fsync:.log:hang GROW_TEST_PRELOAD_MARK="$work/mark" \
	"$work/probe" fsync disk.log x >"$work/said" &
process=$!
until [ -e "$work/mark" ]; do sleep 0.05; done
ok "a flush that hangs is there" kill -0 "$process"
kill -TERM "$process"
wait "$process"
is "and a signal ends it" "$(cat "$work/said")" "signal EINTR"
for wrong in fsync:.log fsnyc:.log:EIO; do
	probe "$wrong" fsync disk.log >/dev/null 2>"$work/said"
	is "$wrong: is no rule" "$? $(grep -c 'makes no sense' "$work/said")" '99 1'
done
probe fsync:.log:EOI fsync disk.log >/dev/null 2>&1
is "an error of no such name" $? 99
done_testing
