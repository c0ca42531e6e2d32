#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where a container has what runtimes give by default, and less: a root that is read-only, a user without a name and without
# rights, no /dev/kvm and no /dev/fuse, 64 MiB of /dev/shm where nothing can be executed, no network, processes of its own.
# shellcheck disable=SC2016,SC2154  # root's shell expands its script; build, images, judge and work come from tap.sh
set -u
tests=$(dirname -- "$0")/..
# shellcheck source=../lib/tap.sh
. "$tests/lib/tap.sh"

need 'in a container' unshare setpriv mount jq || done_testing
can_be_root || { skip 'in a container' 'this is not root' && done_testing; }
make -s -C "$source_tree" install PREFIX=/opt DESTDIR="$work/stage" >/dev/null
mkdir "$work/root" "$work/images"
chmod 755 "$work"

cat >"$work/enter" <<'END'
#!/bin/sh
# enter ROOT OPT IMAGES COMMAND...
root=$1
mount -t tmpfs root "$root" || exit 77
for directory in usr opt images etc proc dev dev/shm; do mkdir "$root/$directory"; done
for link in bin sbin lib lib64; do ln -s "usr/$link" "$root/$link"; done
cp /etc/ld.so.cache "$root/etc/"
mount --bind /usr "$root/usr" && mount -o remount,bind,ro "$root/usr" &&
	mount --bind "$2" "$root/opt" && mount -o remount,bind,ro "$root/opt" &&
	mount --bind "$3" "$root/images" && mount -t proc proc "$root/proc" &&
	mount -t tmpfs -o size=64m,noexec,nosuid,nodev,mode=1777 shm "$root/dev/shm" || exit 77
for device in null zero full random urandom; do : >"$root/dev/$device" && mount --bind "/dev/$device" "$root/dev/$device"; done
mount -o remount,ro "$root" || exit 77
shift 3
exec chroot "$root" setpriv --reuid 54321 --regid 54321 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
	env -i PATH=/opt/bin:/usr/bin:/bin TMPDIR=/dev/shm HOME=/nonexistent "$@"
END

# inside COMMAND...
inside() {
	as_root unshare --mount "$(own_mounts)" --pid --net --ipc --uts --fork sh "$work/enter" "$work/root" "$work/stage/opt" "$work/images" "$@"
}

inside true 2>"$work/said" || { skip 'in a container' "none can be made: $(tail -n 1 "$work/said")" && done_testing; }
"$images/openwrt-disk" --format qcow2 "$work/images/disk.qcow2"
as_root chown -R 54321:54321 "$work/images"
is 'a user without a name, a root that cannot be written' "$(inside sh -c 'whoami 2>/dev/null; touch /file 2>/dev/null; id -u; ls /dev')" \
	"$(printf '%s\n' 54321 full null random shm urandom zero)"
"$judge" before "$work/images/disk.qcow2" 2 "$work/facts"
inside grow-disk --json /images/disk.qcow2 2G >"$work/result" 2>"$work/said"
is 'a disk is grown, by the sealed process' "$? $(jq -r '"\(.changed) \(.accelerator)"' "$work/result")" '0 true native' || sed 's/^/#   /' "$work/said"
ok 'the judge is content' "$judge" after "$work/images/disk.qcow2" "$work/facts" --size 2147483648
is 'nothing is left beside it' "$(ls -A "$work/images")" disk.qcow2
inside grow-disk --json --accel tcg /images/disk.qcow2 3G >"$work/result" 2>"$work/said"
is 'the same by an emulated machine' "$? $(jq -r '"\(.changed) \(.accelerator)"' "$work/result")" '0 true tcg' || sed 's/^/#   /' "$work/said"
ok 'the judge is content with that one, too' "$judge" after "$work/images/disk.qcow2" "$work/facts" --size 3221225472
is 'nothing is left beside it' "$(ls -A "$work/images")" disk.qcow2
as_root chown -R "$(id -u):$(id -g)" "$work/images"
done_testing
