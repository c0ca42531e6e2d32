#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-fleet on a real Slurm, with a stub for the virtual machine: a controller and two
# nodes of our own. Disks end in every way, each old or new; what is locked is tried
# again later, what a node lacks on the other one; what is cancelled stays so. With
# FLEET_FAULTS=yes also: a node that is killed, a controller that is away, many more disks,
# a shared directory that is full.
# shellcheck disable=SC2016,SC2034,SC2154  # $ is for jq; variables come from grow-lib.sh
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"
# shellcheck source=/dev/null
. "$tests/lib/fleet.sh"
# shellcheck source=/dev/null
. "$tests/lib/slurm.sh"
need "a real Slurm" slurmctld slurmd munged sbatch || done_testing

test_cleanup() {
	slurm_stop
	! grep -qF " $scratch/disks/shared " /proc/mounts || as_root umount -l "$scratch/disks/shared"
}

# What one node lacks, the other has.
cat >"$scratch/host-slurm" <<END
#!/bin/sh
case \$*\$SLURMD_NODENAME in
*/picky*one) exec env GROW_DISK_QEMU=/absent "$scratch/host" "\$@" ;;
esac
exec "$scratch/host" "\$@"
END
chmod +x "$scratch/host-slurm"
export GROW_DISK_HOST="$scratch/host-slurm"

fates() {
	while IFS='|' read -r name fate state; do
		is "$1: $name" "$(fleet_fate "$name"), $(fleet_state "$name")" "$fate, $state"
	done
}

short_form() {
	fresh
	for name in busy picky one 'a blank' nothing unclean smaller lacking breach last; do make_disk raw "$name"; done
	for name in busy picky one 'a blank' unclean lacking breach last absent; do fleet_member "$name"; done >m
	{
		fleet_member nothing ''
		fleet_member smaller 64M
	} >>m
	fleet_take ./*
	fleet_hold busy
	fleet_release 0 "$holder" &
	releaser=$!
	fleet_program --json --engine slurm --wait --tries 3 --delay 5 --chunk 5 --engine-option --time=10 m
	wait "$releaser"
	is "the counts" "$status $(jq -c .states "$scratch/out")" '40 {"done":5,"nothing":1,"refused":2,"damaged":1,"waiting":0,"host":1,"fault":1,"left":0}'
	fates slurm <<-'END'
		busy|new|done -
		picky|new|done -
		one|new|done -
		a blank|new|done -
		last|new|done -
		nothing|old|nothing -
		unclean|old|damaged fs-unclean
		smaller|old|refused size-smaller
		absent|absent|refused image-not-found
		lacking|old|host no-qemu
		breach|old|fault fence-breach
	END
	is "what was locked was tried again" "$(jq '.tries > 1' m.fleet/results/0/0)" true
	is "what a node lacks is done on the other" "$(jq -r .host m.fleet/results/0/1)" two
	is "what both lack is tried on both, and no more" "$(jq -c '[.tries, .lacking]' m.fleet/results/0/5)" '[2,["one","two"]]'
	is "others are tried once" "$(jq -c .tries m.fleet/results/0/4 m.fleet/results/0/6 m.fleet/results/0/8 | tr '\n' ' ')" "1 1 1 "
	is "three arrays, none larger than asked for" "$(sed -n 's/^grow-fleet: \(.* job arrays\);.*/\1/p' "$scratch/err")" "11 images in 3 job arrays"
	is "nothing is left but the state folder" "$(find . -name '*grow-disk*' -o -name '*.new*' | wc -l)" 0
}

queue_is_empty() { [ -z "$(squeue -h -r -o %i)" ]; }
two_hang() { [ "$(processes_with "$scratch/guest/kernel" | wc -l)" -ge 2 ] && [ "$(squeue -h -r -t R -o %i | wc -l)" -eq 2 ]; }
no_machine() { [ -z "$(processes_with "$scratch/guest/kernel")" ]; }

# scancel in the middle; and a second grow-fleet meanwhile.
cancelled() {
	fresh
	for name in hang1 hang2 last; do
		make_disk raw $name
		fleet_member $name
	done >m
	fleet_take ./*
	: >"$fleet_hang"
	fleet_program --engine slurm m
	is "without --wait it submits, and ends" "$status$out" 0
	await two_hang
	fleet_program --engine slurm m
	is "a second run is refused while tasks are in the queue" "$status $(printf '%s\n' "$err" | grep -c fleet-busy)" "30 1"
	scancel --name="$(jq -r .name m.fleet/fleet.json)"
	await queue_is_empty
	await no_machine
	is "cancelled: every disk is as it was" "$(fleet_fate hang1) $(fleet_fate hang2) $(fleet_fate last) $(find . -name '*grow-disk*' | wc -l)" "old old old 0"
	rm "$fleet_hang"
	fleet_program --json --engine slurm --wait m
	is "the next run does it all" "$status $(jq .states.done "$scratch/out") $(fleet_fate hang1) $(fleet_fate hang2) $(fleet_fate last)" "0 3 new new new"
}

# Many disks; while they are grown a node is killed with all that it runs, the
# controller is killed and started again. Slurm starts the tasks of the lost node again.
faults() {
	fresh
	count=${FLEET_DISKS:-60} n=0
	while [ "$n" -lt "$count" ]; do
		case $((n % 20)) in
		7) name=unclean$n ;;
		13) name=breach$n ;;
		*) name=disk$n ;;
		esac
		make_disk raw $name
		fleet_member $name
		n=$((n + 1))
	done >m
	fleet_take ./*
	begin=$(date +%s)
	"$grow_fleet" --json --engine slurm --wait --tries 6 --delay 5 m >"$scratch/out" 2>"$scratch/err" &
	driver=$!
	# A controller that is killed knows the jobs that it had written down.
	await grep -q 'job arrays' "$scratch/err"
	touch "$scratch/submitted"
	await sh -c '[ "$(find m.fleet/results -type f | wc -l)" -ge 6 ]'
	await [ "$slurm/state/job_state" -nt "$scratch/submitted" ]
	slurm_end two
	for process in $(processes_with slurmstepd) $(processes_with "$scratch/guest/kernel"); do
		[ "$(tr '\0' '\n' <"/proc/$process/environ" 2>/dev/null | sed -n 's/^SLURM_CONF=//p')" != "$SLURM_CONF" ] || kill -KILL "$process"
	done 2>/dev/null
	slurm_end controller
	sleep 3
	slurm_controller
	sleep 15
	slurm_node two
	wait "$driver"
	is "node and controller killed: status" "$?" 70
	fates=$(while read -r member; do
		name=$(printf '%s\n' "$member" | jq -r .image)
		echo "${name%%[0-9]*} $(fleet_fate "$name") $(fleet_state "$name")"
	done <m | sort | uniq -c | tr -s ' ' | sed 's/^ //' | tr '\n' ',')
	# A disk that was grown, and whose record was lost with its node, is found grown.
	is "every disk is old or new, and the summary knows" "$(printf '%s\n' "$fates" | sed 's/new nothing -/new done -/g' | tr ',' '\n' | awk 'NF { k = $2 " " $3 " " $4 " " $5; c[k] += $1 } END { for (k in c) print c[k], k }' | sort | tr '\n' ',')" \
		"$((count / 20)) breach old fault fence-breach,$((count / 20)) unclean old damaged fs-unclean,$((count * 9 / 10)) disk new done -,"
	diag "$count disks in $(($(date +%s) - begin)) s, $(grep -c . m.fleet/slurm/log) lines of Slurm"
}

# Images and records are in one small file system, which is full for a minute.
full_folder() {
	fresh
	can_be_root && mkdir shared && as_root mount -t tmpfs -o "size=400m,mode=777" fleet shared ||
		{ skip "a full directory" "nobody may mount here" && return; }
	cd shared || exit 1
	count=20 n=0
	while [ "$n" -lt "$count" ]; do
		make_disk raw disk$n
		fleet_member disk$n
		n=$((n + 1))
	done >m
	fleet_take disk*
	"$grow_fleet" --json --engine slurm --wait --tries 6 --delay 5 m >"$scratch/out" 2>"$scratch/err" &
	driver=$!
	await sh -c '[ "$(find m.fleet/results -type f | wc -l)" -ge 2 ]'
	dd if=/dev/zero of=filler bs=1M status=none 2>/dev/null
	is "the directory is full" "$(stat -f -c %f .)" 0
	sleep 60
	rm filler
	wait "$driver"
	is "full for a minute: status, and all are done" "$? $(jq -c '[.total, .states.done + .states.nothing]' "$scratch/out")" "0 [$count,$count]"
	is "every disk is new" "$(for disk in disk*; do fleet_fate "$disk"; done | sort | uniq -c | tr -s ' ')" " $count new"
	is "nothing is left beside them" "$(find . -name '*grow-disk*' -o -name '*.new*')" ""
	diag "tried more than once: $(jq -n '[inputs | select(.tries > 1)] | length' m.fleet/results/0/*); reasons: $(jq -r .result.reason m.fleet/results/0/* | sort | uniq -c | tr -s ' \n' ' ')"
	cd .. && as_root umount shared
}

ok "Slurm is up" slurm_start || done_testing
for part in ${FLEET_PARTS:-short_form cancelled}; do $part; done
[ "${FLEET_FAULTS:-no}" = no ] || { faults && full_folder; }
slurm_stop
is "no process of Slurm is left" "$(processes_in "$slurm")$(for name in munge controller one two; do kill -0 "$(cat "$slurm/$name.pid")" 2>/dev/null && echo $name; done)" ""
done_testing
