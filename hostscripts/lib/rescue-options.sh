# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The command line of rescue-disk: what is behind "--" belongs to the guest.
# shellcheck disable=SC2034,SC2154  # the options are read all over rescue-disk

usage() {
	cat <<'TEXT'
Usage: rescue-disk [OPTION]... IMAGE [-- COMMAND [ARGUMENT]...]

Look into a disk image, or mend it, in a small virtual machine: a shell on your
terminal, or one COMMAND whose output, errors and exit status come back. The
disk is /dev/sda. What is done to it goes into a log, which is thrown away at the
end; with --write it is kept, if you say so.

      --write           keep what was done, after a question
      --yes             without a question
      --share DIR       a folder of this host, at /mnt/share, read-only
      --share-rw        which may be written to
      --rtc TIME        the clock of the guest: 2038-01-19T03:14:00Z
      --memory MIB      its memory (default: 256)
      --append ARGS     more for its kernel's command line
      --accel A         auto (the default), kvm, hvf or tcg
      --format F        the image is raw, or qcow2 (default: by its content)
      --allow-backing   accept a backing file or an external data file
  -q, --quiet           print nothing but faults
  -v, --verbose         print every stage and every command
  -h, --help            print this
  -V, --version         print the version

In the shell, "exit" or Ctrl-D ends it; Ctrl-] three times within a second breaks
it off, and nothing is kept.

Exit status: that of COMMAND. Where it did not run, or what it did could not be
kept, a sentence that begins with "rescue-disk:" and ends with a reason in
brackets, and as with grow-disk: 2 usage; 10 refused; 20 damage that needs a
decision; 30 try again later; 40 the host lacks something; 70 a fault of ours.
See rescue-disk(1).
TEXT
}

options_valued='--share --rtc --memory --append --accel --format'

options_default() {
	opt_json=no opt_verb=rescue opt_work_dir='' opt_wait_lock=0 opt_quiet=no opt_verbose=no opt_allow_backing=no
	opt_partition='' opt_repair=safe opt_accel=auto opt_format='' opt_keep_log='' opt_events='' opt_warm=yes opt_keep_failed=no
	opt_write=no opt_yes=no opt_share='' opt_share_rw=no opt_rtc='' opt_memory=256 opt_append=''
	operands=0 operand_image='' command='' exit_status=0 share_at=''
}

options_operand() {
	operands=$((operands + 1))
	[ "$operands" -eq 1 ] || usage_fault "'$1' is one operand too many; a command stands behind --"
	operand_image=$1
}

options_parse() {
	arguments_parse "$@"
	[ "$operands" -eq 1 ] || usage_fault "The name of an image is missing"
	[ "$opt_share_rw" = no ] || [ -n "$opt_share" ] || usage_fault "--share-rw needs --share"
	[ "$opt_yes" = no ] || [ "$opt_write" = yes ] || usage_fault "--yes goes only with --write"
	[ -n "$command" ] || [ -t 3 ] || usage_fault "A shell needs a terminal; without one, name a command: rescue-disk IMAGE -- COMMAND"
	[ "$opt_write$opt_yes" != yesno ] || [ -t 3 ] || usage_fault "Without a terminal --write needs --yes, for nobody can be asked"
}

options_flag() {
	case $1 in
	--write) opt_write=yes ;;
	--yes) opt_yes=yes ;;
	--share-rw) opt_share_rw=yes ;;
	*) arguments_flag "$1" ;;
	esac
}

# options_value OPTION VALUE
options_value() {
	case $1=$2 in
	--share=?*) opt_share=$2 ;;
	--memory=[1-9][0-9] | --memory=[1-9][0-9][0-9] | --memory=[1-9][0-9][0-9][0-9] | --memory=[1-5][0-9][0-9][0-9][0-9])
		[ "$2" -ge 64 ] || usage_fault "--memory cannot be less than 64 MiB"
		opt_memory=$2
		;;
	--append=?*) opt_append=$2 ;;
	*) arguments_value "$@" ;;
	esac
}

# The arguments as one line for the guest's sh, each in quotes. (The dot keeps
# newlines at the end.)
options_rest() {
	[ $# -gt 0 ] || usage_fault "Behind -- the command is missing"
	for word; do
		quoted=$(printf '%s.' "$word" | sed "s/'/'\\\\''/g")
		command="$command${command:+ }'${quoted%.}'"
	done
	command -v jq >/dev/null || return 0 # that is told later
	is_utf8 "$command" || usage_fault "The command is not UTF-8, and cannot be told to the guest; put it into a file of a --share"
	[ "$(printf %s "$command" | wc -c)" -le 3071 ] || usage_fault "The command is longer than 3071 bytes; put it into a file of a --share"
}
