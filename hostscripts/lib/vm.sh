# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# rescue-vm, and all that takes long: started in the background, so that signals
# are dealt with at once.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

vm_progress=auto
vm_leave=no    # may the check before be left to another machine
vm_meanwhile=: # what the host does while the machine works
vm_died_hint="Run it again with --keep-log FILE, and report what the file says"
grace_s=4 # from the first signal to the end of a child that does not end

# on_signal NAME: only the first one counts.
on_signal() {
	[ -z "$caught" ] || return 0
	caught=$1
	case $phase in
	starting | finishing) ;;
	host) fault_interrupted ;;
	*) child_stop ;;
	esac
}

fault_interrupted() {
	interrupted_image="the image is what it was"
	[ "$recovered" = no ] || interrupted_image="what an earlier run had grown is committed, and nothing else was done"
	fault interrupted "Interrupted by SIG$caught; $interrupted_image" "Run it again"
}

# Other programs end at once; a commit is better finished.
child_stop() {
	case $phase in
	commit) say "SIG$caught: finishing the commit" ;;
	*) kill -TERM "$child" 2>/dev/null ;;
	esac
	child_limit
}

# End the child if it does not end by itself. The nap ends with its keeper,
# which a signal to the whole group does not end.
child_limit() {
	(
		nap=
		trap '' HUP INT QUIT TERM
		trap '[ -z "$nap" ] || kill -KILL "$nap"; exit 0' USR1
		sleep "$grace_s" &
		nap=$!
		wait "$nap" && kill -KILL "$child"
	) >/dev/null 2>&1 7>&- 9>&- &
	keeper=$!
}

# child_run PHASE FUNCTION [ARGUMENT]...: in the background, where signals reach
# us at once. A trapped signal ends the wait, but not the child. The caller says
# when the phase is over; until then signals are only noted.
child_run() {
	child_phase=$1
	shift
	phase=starting
	"$@" &
	child=$! phase=$child_phase
	child_wait
}

# Until the child ends.
child_wait() {
	[ -z "$caught" ] || [ -n "$keeper" ] || child_stop
	while :; do
		child_status=0
		wait "$child" || child_status=$?
		[ "$child_status" -gt 128 ] && kill -0 "$child" 2>/dev/null || break
	done
	child='' phase=finishing
	[ -z "$keeper" ] || { kill -USR1 "$keeper" 2>/dev/null && wait "$keeper"; }
	keeper=''
}

# run_long PROGRAM [ARGUMENT]...: as run, but a signal ends it at once, and us.
# Its output is in $work/stdout.
run_long() {
	[ "$opt_verbose" = no ] || detail "+ $*"
	child_run long run_long_program "$@"
	phase=host
	[ -z "$caught" ] || fault_interrupted
	return "$child_status"
}

run_long_program() {
	complaints_to_file
	run_limit "$1"
	exec "$@" >"$work/stdout" 7>&-
}

vm_find() {
	rescue_vm=${GROW_DISK_RESCUE_VM:-$guest_dir/rescue-vm}
	[ -x "$rescue_vm" ] || fault no-guest "There is no program $rescue_vm" "Build it with make, or install grow-disk again"
	for vm_part in kernel initramfs.cpio build-id; do
		[ -r "$guest_dir/$vm_part" ] ||
			fault no-guest "There is no $guest_dir/$vm_part for the virtual machine" "Build it with make, or install grow-disk again"
	done
}

# vm_disk LOG: the name under which rescue-vm gets it, in $disk. It speaks JSON
# with QEMU, so a name that is not UTF-8 goes by a link; the image beside it is
# found under its own name, by QEMU alone.
vm_disk() {
	disk=$1
	! is_utf8 "$disk" || return 0
	disk=$work/links/the-log
	{ rm -rf "$work/links" && mkdir "$work/links" && ln -s -- "$1" "$disk" && ln -s -- "$image" "$work/links/$image_name" &&
		ln -s -- "$image_dir" "$work/links/folder"; } 2>/dev/null ||
		fault internal "The log cannot be linked to" "Please report it"
}

# What a log may grow to: all that the image holds and a part of what is new,
# more than honest work can write. A guest must not fill the host's disk.
vm_log_max() {
	allocated_kib "$image"
	echo $((268435456 + 2048 * kib + (size_after - size_before) / 16))
}

# vm_run_patiently LOG BACKING: what fails for a reason that another try does not
# have is tried once more.
vm_run_patiently() {
	vm_memory_mib=256 vm_warm=$opt_warm
	vm_run "$1"
	vm_verdict
	[ "$plan_left$beside_result" != true ] || beside_late
	[ "$beside_result" != failed ] || vm_again "$1" "$2"
	! vm_needs_memory || vm_again "$1" "$2"
}

# Sets $available_mib, what the host could give: a guess where nothing tells it,
# empty where the kernel does not.
memory_available() {
	available_mib=2048
	[ ! -r /proc/meminfo ] || available_mib=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
}

# A check that needs more memory than usual gets it, if the host has it.
vm_needs_memory() {
	[ "$verdict_reason" = fs-needs-memory ] || return 1
	memory_available
	vm_larger_mib=$((${available_mib:-0} / 2))
	[ "$vm_larger_mib" -le 2048 ] || vm_larger_mib=2048
	[ "$vm_larger_mib" -gt "$vm_memory_mib" ] || return 1
	say "the check needs more than $vm_memory_mib MiB of memory: once more with $vm_larger_mib MiB"
	vm_memory_mib=$vm_larger_mib vm_warm=no # a saved machine of that size would be large
}

# vm_again LOG BACKING: by one machine, with a log that is new.
vm_again() {
	vm_leave=no beside_result=''
	redo_discard "$1"
	log=''
	redo_create "$1" "$2"
	vm_run "$1"
	vm_verdict
}

# vm_run LOG [ARGUMENT]...
vm_run() {
	if [ -n "$ahead" ]; then vm_disk_ready; else vm_call vm_here "$@"; fi
	phase=host
	[ -z "$caught" ] || fault_interrupted
}

vm_here() {
	child_run vm vm_program "$@"
}

# vm_start_ahead LOG: the machine starts while the host still looks at the image.
# The log has to be there, but is nothing yet. (Where a machine does not end with
# its parent, it ends when descriptor 7 is closed.)
vm_start_ahead() {
	vm_memory_mib=256 vm_warm=$opt_warm
	{ mkfifo "$work/word" && command exec 7<>"$work/word"; } 2>/dev/null || return 0
	vm_call vm_apart "$1" --await-disk
}

vm_apart() {
	vm_program "$@" <"$work/word" 7>&- &
	ahead=$!
}

# Now the log is one, and the machine may have it. Of two machines the second one
# is waited for first: what it finds may spare us the other.
vm_disk_ready() {
	printf 'ready\n' >&7
	exec 7>&-
	"$vm_meanwhile"
	[ -z "$beside" ] || beside_wait
	child=$ahead phase=vm ahead=''
	child_wait
}

# A machine that is not needed, and what it has told.
vm_forget() {
	[ -n "$ahead" ] || return 0
	exec 7>&-
	vm_stop "$ahead"
	ahead=''
	rm -f -- "$work/events" "$work/console" "$work/summary"
}

# vm_stop PROCESS: in time, or not asked.
vm_stop() {
	child=$1 phase=vm
	child_stop
	child_wait
}

# vm_call FUNCTION LOG [ARGUMENT]...: calls it with the arguments for rescue-vm;
# events go to the work folder, progress to the terminal.
vm_call() {
	vm_caller=$1
	vm_disk "$2"
	shift 2
	set -- "$@" --disk "$disk" --format qcow2 --guest "$guest_dir" --events "$work/events" --summary "$work/summary" --accel "$opt_accel" \
		--memory "$vm_memory_mib" --disk-max-bytes "$(vm_log_max)"
	if [ "$opt_allow_backing" = yes ]; then set -- "$@" --read /; else set -- "$@" --read "$image"; fi
	[ "$opt_verb" != plan ] || set -- "$@" --plan
	[ "$vm_leave" = no ] || set -- "$@" --may-leave-check
	[ "${opt_keep_failed:-no}" = no ] || set -- "$@" --keep-disk
	[ -z "$opt_partition" ] || set -- "$@" --partition "$opt_partition"
	[ "$vm_warm" = yes ] || set -- "$@" --no-warm
	[ "$opt_repair" = safe ] || set -- "$@" --repair "$opt_repair"
	[ -z "$opt_keep_log" ] || set -- "$@" --console "$work/console"
	[ -z "$opt_rtc" ] || set -- "$@" --rtc "$opt_rtc"
	[ -z "$opt_events" ] || set -- "$@" --record
	case $vm_progress$opt_quiet$opt_verbose in
	none* | autoyes*) set -- "$@" --progress none ;;
	*yes) set -- "$@" --progress lines ;;
	*) set -- "$@" --progress auto ;;
	esac
	detail "+ $rescue_vm $*"
	keep events true
	keep summary true
	"$vm_caller" "$@"
}

vm_program() {
	exec "$rescue_vm" "$@" >&2
}

# The verdict is the last event; of the plan, what is to be compared.
vm_verdict() {
	{
		IFS= read -r verdict_event
		IFS= read -r verdict_changed
		IFS= read -r verdict_reason
		IFS= read -r verdict_message
		IFS= read -r verdict_hint
		IFS= read -r plan_changed
		IFS= read -r plan_partition
		IFS= read -r plan_start
		IFS= read -r plan_sectors
		IFS= read -r plan_left
	} <"$work/summary"
}

# The virtual machine has ended: with "done" and status 0, or a fault.
vm_check() {
	case $verdict_event:$child_status in
	done:0) return 0 ;;
	fault:*) fault "$verdict_reason" "$verdict_message" "$verdict_hint" ;;
	*:126 | *:127) fault no-guest "$rescue_vm cannot be run" "Build it with make, or install grow-disk again" ;;
	*) fault guest-died "The virtual machine ended without a result (status $child_status); the image is what it was" \
		"$vm_died_hint" ;;
	esac
}

# What is to be kept of the virtual machine, however it ended.
vm_keep() {
	[ -e "$work/events" ] || return 0
	[ -z "$opt_keep_log" ] || vm_keep_file "$opt_keep_log" vm_write_log
	[ -z "$opt_events" ] || vm_keep_file "$opt_events" vm_write_events
}

# vm_keep_file FILE FUNCTION
vm_keep_file() {
	# shellcheck disable=SC3013  # -ef is not POSIX, but every sh has it
	[ ! "$1" -ef "$image_at" ] || return 0
	{ "$2" >"$1"; } 2>/dev/null || printf '%s: %s cannot be written\n' "$program_name" "$(safe "$1")" >&2
}

# --keep-log FILE: the events, then the console.
vm_write_log() {
	cat -- "$work/events"
	[ ! -e "$work/console" ] || cat -- "$work/console"
}

# --events FILE: in the form of a trace of trace-boot, in the order of the times.
vm_write_events() {
	jq -Rcn '{event: "trace", version: 1, attach: "scsi", attach_at: "login", seq: "no", log: "no", method: "agent", cpus: 1}, ([inputs | fromjson? | select(.event != "beat") | del(.host_ms)] | sort_by(.t_us // (.t_ms // 0) * 1000) | .[])' "$work/events"
}
