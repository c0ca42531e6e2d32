# shellcheck shell=sh
# rescue-vm, and all that takes long: started in the background, so that signals
# are dealt with at once.
# shellcheck disable=SC2034,SC2154  # results are read, facts are set, by grow-disk

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
	fault interrupted "Interrupted by SIG$caught; the image is what it was" "Run it again"
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
		trap '' HUP INT TERM
		trap '[ -z "$nap" ] || kill -KILL "$nap"; exit 0' USR1
		sleep "$grace_s" &
		nap=$!
		wait "$nap" && kill -KILL "$child"
	) >/dev/null 2>&1 9>&- &
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
	[ -z "$caught" ] || child_stop
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
	exec "$@" >"$work/stdout" 2>"$work/stderr"
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
	[ "$(jq -jn --arg name "$disk." '$name')" != "$disk." ] || return 0
	disk=$work/links/the-log
	mkdir "$work/links" && ln -s -- "$1" "$disk" && ln -s -- "$image" "$work/links/$image_name" ||
		fault internal "The log cannot be linked to" "Please report it"
}

# vm_run LOG: events go to the work folder, progress to the terminal.
vm_run() {
	vm_disk "$1"
	set -- --disk "$disk" --format qcow2 --guest "$guest_dir" --events "$work/events" --accel "$opt_accel"
	[ "$opt_plan" = no ] || set -- "$@" --plan
	[ -z "$opt_partition" ] || set -- "$@" --partition "$opt_partition"
	[ "$opt_repair" = safe ] || set -- "$@" --repair "$opt_repair"
	[ -z "$opt_keep_log" ] || set -- "$@" --console "$work/console"
	case $opt_quiet$opt_verbose in
	yes*) set -- "$@" --progress none ;;
	*yes) set -- "$@" --progress lines ;;
	*) set -- "$@" --progress auto ;;
	esac
	detail "+ $rescue_vm $*"
	: >"$work/events"
	child_run vm vm_program "$@"
	phase=host
	[ -z "$caught" ] || fault_interrupted
}

vm_program() {
	exec "$rescue_vm" "$@" >&2
}

# The last event is the verdict: "done" with status 0, or a fault.
vm_verdict() {
	jq -Rrn '[inputs | fromjson?] | last // {} |
		def line: if . == null then "" else tostring end | gsub("[[:cntrl:]]"; " ");
		def sentence: line | (.[:1] | ascii_upcase) + .[1:];
		((.event, .changed, .reason) | line), ((.message, .hint) | sentence)' "$work/events" >"$work/verdict"
	{
		IFS= read -r verdict_event
		IFS= read -r verdict_changed
		IFS= read -r verdict_reason
		IFS= read -r verdict_message
		IFS= read -r verdict_hint
	} <"$work/verdict"
	case $verdict_event:$child_status in
	done:0) return 0 ;;
	fault:*) fault "$verdict_reason" "$verdict_message" "$verdict_hint" ;;
	*:126 | *:127) fault no-guest "$rescue_vm cannot be run" "Build it with make, or install grow-disk again" ;;
	*) fault guest-died "The virtual machine ended without a result (status $child_status); the image is what it was" \
		"Run it again with --keep-log FILE, and report what the file says" ;;
	esac
}

# vm_fact EVENT FIELD: what the last such event says, in $fact; empty if nothing.
vm_fact() {
	fact=$(jq -Rrn --arg event "$1" --arg field "$2" \
		'[inputs | fromjson? | select(.event == $event)] | last // {} | .[$field] | if . == null then "" else . end' "$work/events")
}

# --keep-log FILE: the events, then the console.
vm_keep_log() {
	[ -n "$opt_keep_log" ] && [ -e "$work/events" ] || return 0
	{
		cat -- "$work/events"
		[ ! -e "$work/console" ] || cat -- "$work/console"
	} >"$opt_keep_log" || printf 'grow-disk: the log cannot be kept in %s\n' "$(safe "$opt_keep_log")" >&2
}
