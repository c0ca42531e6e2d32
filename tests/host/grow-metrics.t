#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --metrics: what Prometheus reads is what --json says, whole at every moment, and never
# in place of something else. --log: where nobody listens, that is said and no more.
# shellcheck disable=SC2016,SC2034,SC2154  # $ is for jq; variables come from grow-lib.sh
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"

samples() { "$tests/lib/metrics" "$1" 2>&1; }

# What they should be by the result, but the time.
wanted() {
	jq -r --arg image "$1" '
		(["exit_status", .status], ["changed", if .changed then 1 else 0 end], ["size_before_bytes", .size_before_bytes], ["size_after_bytes", .size_after_bytes]
			| select(.[1] != null) | "grow_disk_\(.[0]){image=\($image)} \(.[1])"),
		(.timings_ms | to_entries[] | select(.value != null) | "grow_disk_stage_seconds{image=\($image),stage=\(.key)} \(.value / 1000 | floor).\(.value % 1000 + 1000 | tostring[1:])"),
		"grow_disk_run_info{accelerator=\(.accelerator // ""),action=\(.action),image=\($image),reason=\(.reason // "")} 1"' "$scratch/out" | sort
}

read_back() { samples "$1" | grep -v '^grow_disk_end_timestamp_seconds{' | sort; }

fresh
mkdir prom
name='a "blank" \n, {ün}'
make_disk qcow2 "$name"
begin=$(date +%s)
grow_disk --json --metrics prom/one.prom "$name" 8G
is "status" "$status $err" "0 $err"
is "a grow: the samples are what the result says" "$(read_back prom/one.prom)" "$(wanted "$PWD/$name")"
ok "there are many" [ "$(samples prom/one.prom | wc -l)" -ge 10 ]
end=$(samples prom/one.prom | sed -n 's/^grow_disk_end_timestamp_seconds{.*} //p')
ok "and when it ended" [ "$end" -ge "$begin" ] && ok "not in the future" [ "$end" -le "$(date +%s)" ]
is "the collector can read it, and nothing else is left" "$(stat -c %a prom/one.prom) $(ls -A prom)" "644 one.prom"
inode=$(stat -c %i prom/one.prom)
exec 7<prom/one.prom
grow_disk --json --metrics prom/one.prom "$name" 1G
is "a refusal: the samples are what the result says" "$status $(read_back prom/one.prom)" "10 $(wanted "$PWD/$name")"
has "with the reason" "$(samples prom/one.prom)" "reason=size-smaller} 1"
ok "the file was replaced, not changed" [ "$(stat -c %i prom/one.prom)" != "$inode" ]
is "who has the old one open still reads all of it" "$(grep -c '^grow_disk_exit_status{.*} 0$' /proc/self/fd/7 <&7)" 1
exec 7<&-
grow_disk --json --metrics prom/none.prom absent 1G
is "an image that is not there: a file all the same" "$status $(samples prom/none.prom | grep -c '^grow_disk_exit_status{image=} 10$')" "10 1"
make_disk raw "new${newline}line"
grow_disk --json --metrics prom/line.prom "new${newline}line" 1G
is "a newline in a name stays in its line" "$status $(samples prom/line.prom | grep -c 'new\\nline')" "0 $(samples prom/line.prom | wc -l)"

# What is not ours is not replaced, and a grow does not fail for it.
echo precious >prom/mine
before=$(cat prom/mine)
grow_disk --metrics prom/mine "$name" 9G
is "a file of somebody else stays" "$status $(cat prom/mine)" "0 $before"
has "and that is said" "$err" "there are no metrics: prom/mine exists and does not contain metrics of grow-disk"
before=$(image_sum "$name")
grow_disk --metrics "$name" "$name" 10G
is "the image itself is refused" "$status $(image_sum "$name")" "2 $before"
grow_disk --metrics absent/x.prom "$name" 10G
is "a folder that is not there is refused before anything is done" "$status $(image_sum "$name")" "2 $before"
grow_disk --metrics prom "$name" 10G
is "so is a folder" "$status $(image_sum "$name")" "2 $before"

for log in journal:/run/systemd/journal/socket syslog:/dev/log; do
	STUB=nothing grow_disk --log "${log%%:*}" "$name"
	if [ -S "${log#*:}" ]; then
		is "--log ${log%%:*}: taken" "$status$(printf '%s\n' "$err" | grep 'not logged')" 0
	else
		is "--log ${log%%:*}: where nobody listens" "$status $(printf '%s\n' "$err" | grep -c "the result is not logged: .*${log#*:}) accepts no entry: No such file")" "0 1"
	fi
done

# A journal of our own, in a namespace where nobody else writes to it.
cat >journal <<'END'
#!/bin/sh
# journal COMMAND...: then what the journal has of grow-disk, a line of JSON for each entry
mount -t tmpfs run /run && mount -t tmpfs log /var/log || exit 77
mkdir -p /run/systemd/journal /run/log
[ -s /etc/machine-id ] || { echo 0123456789abcdef0123456789abcdef >/run/id && : >>/etc/machine-id && mount --bind /run/id /etc/machine-id; } || exit 77
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup /sys/fs/cgroup || exit 77
/lib/systemd/systemd-journald &
until [ -S /run/systemd/journal/socket ]; do grep -q '^State:.[^Z]' "/proc/$!/status" || exit 77; sleep 0.05; done
"$@" >/dev/null 2>&1
until journalctl -q -o json SYSLOG_IDENTIFIER=grow-disk | grep .; do sleep 0.05; done
kill $!
END
if ! need "--log journal: a real journal" unshare journalctl mount; then
	:
elif can_be_root; then
	is "--log journal: what a real journal has" \
		"$(as_root env STUB=nothing timeout -s KILL 60 unshare --kill-child --mount "$(own_mounts)" --pid --fork --mount-proc sh journal "$grow_disk" --log journal "$name" 9G |
			jq -r '[.GROW_DISK_STATUS, .GROW_DISK_ACTION, .GROW_DISK_IMAGE, .PRIORITY] | join(" ")')" "0 grow $PWD/$name 6"
else
	skip "--log journal: a real journal" "nobody may mount here"
fi
grow_disk --log paper "$name"
is "there is no other log" "$status" 2

# The reader can fail.
good='# HELP a_bytes x\n# TYPE a_bytes gauge\na_bytes{l="v"} 1\n'
bad() {
	# shellcheck disable=SC2059  # it is a format
	printf "$2" >bad.prom
	ok "the reader refuses $1" sh -c '! "$1" bad.prom' sh "$tests/lib/metrics"
}
# shellcheck disable=SC2059
printf "$good" >good.prom
is "the reader reads" "$(samples good.prom)" 'a_bytes{l=v} 1'
bad "an empty file" ''
bad "half a line" '# HELP a_bytes x\n# TYPE a_bytes gauge\na_bytes{l="v"} 1'
bad "a sample without a type" '# HELP a_bytes x\na_bytes{l="v"} 1\n'
bad "a sample twice" "${good}a_bytes{l=\"v\"} 2\n"
bad "a family that comes back" "$good# HELP b_bytes x\n# TYPE b_bytes gauge\nb_bytes{l=\"v\"} 1\na_bytes{l=\"w\"} 1\n"
bad "an open quote" '# HELP a_bytes x\n# TYPE a_bytes gauge\na_bytes{l="v\\"} 1\n'
bad "a raw quote" '# HELP a_bytes x\n# TYPE a_bytes gauge\na_bytes{l="v"w"} 1\n'
bad "no number" '# HELP a_bytes x\n# TYPE a_bytes gauge\na_bytes{l="v"} one\n'
bad "a name without a unit" '# HELP a x\n# TYPE a gauge\na{l="v"} 1\n'
done_testing
