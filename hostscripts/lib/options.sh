# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The command line of grow-disk.
# shellcheck disable=SC2034,SC2154  # the options are read all over grow-disk

usage() {
	cat <<'TEXT'
Usage: grow-disk [OPTION]... IMAGE [SIZE]
       grow-disk --recover|--discard [OPTION]... IMAGE

Make a disk image larger: the disk, its last partition, and the ext2, ext3 or
ext4 file system in it. Everything happens in a redo log beside the image; the
image changes at the end, when all has been checked, or not at all.

SIZE is written as for qemu-img: 8G, +2G, 1.5T, or bytes. Without SIZE the
partition and its file system fill the disk as it is.

      --plan            say what would be done, and change nothing
      --recover         only finish what an interrupted run has left complete
      --discard         throw that away, as long as its commit has not begun
      --partition N     grow partition N (default: the last one on the disk)
      --repair=safe     repair only what is safe (the default)
      --repair=all      repair whatever e2fsck finds
      --format F        the image is raw, or qcow2 (default: by its content)
      --allow-backing   accept a backing file or an external data file
      --accel A         auto (the default), kvm, hvf or tcg
      --no-warm         boot the virtual machine each time, instead of going on
                        with one that was saved when it was up
      --rtc TIME        the clock of the virtual machine, and so the times that
                        are written: 2038-01-19T03:14:00Z (default: now)
      --work-dir DIR    keep the redo log there (default: beside the image)
      --wait-lock SECONDS
                        wait so long for another program to end its work on
                        the image
      --json            print the result as one JSON object
      --events FILE     record the device events of the virtual machine there,
                        as JSON lines (trace-boot --from FILE shows them)
      --keep-failed     keep the log of a grow that failed, for rescue-disk
      --keep-log FILE   keep the events and the console of the virtual machine
  -q, --quiet           print nothing but faults
  -v, --verbose         print every stage and every command
  -h, --help            print this
  -V, --version         print the version

Exit status: 0 done, or nothing to do; 2 usage; 10 refused; 20 damage that
needs a decision; 30 try again later; 40 the host lacks something; 70 a fault
of grow-disk. For every status but 0 the image is unchanged, unless it says
that a commit did not finish. See grow-disk(1).
TEXT
}

options_valued='--partition --repair --format --accel --rtc --events --keep-log --work-dir --wait-lock'

options_default() {
	opt_json=no opt_verb=grow opt_work_dir='' opt_wait_lock=0 opt_quiet=no opt_verbose=no opt_allow_backing=no
	opt_partition='' opt_repair=safe opt_accel=auto opt_format='' opt_keep_log='' opt_events='' opt_rtc='' opt_warm=yes opt_keep_failed=no
	operands=0 operand_image='' operand_size=''
}

options_operand() {
	operands=$((operands + 1))
	case $operands in
	1) operand_image=$1 ;;
	2) operand_size=$1 ;;
	*) usage_fault "'$1' is one operand too many" ;;
	esac
}

options_parse() {
	arguments_find_json "$@"
	arguments_parse "$@"
	[ "$operands" -ge 1 ] || usage_fault "The name of an image is missing"
	[ "$operand_size" != '' ] || [ "$operands" -lt 2 ] || usage_fault "SIZE is empty"
	[ "$opt_verb" = grow ] || [ "$opt_keep_failed" = no ] || usage_fault "--keep-failed goes only with a grow"
	case $opt_verb in
	recover | discard) [ "$operands" -lt 2 ] || usage_fault "--$opt_verb takes no SIZE" ;;
	esac
}

options_flag() {
	case $1 in
	--json) ;;
	--plan | --recover | --discard)
		[ "$opt_verb" = grow ] || [ "--$opt_verb" = "$1" ] || usage_fault "--$opt_verb and $1 exclude each other"
		opt_verb=${1#--}
		;;
	--no-warm) opt_warm=no ;;
	--keep-failed) opt_keep_failed=yes ;;
	-[0-9]*) fault size-invalid "'$1' is not a size: grow-disk only makes disks larger" "For a file of that name write ./$1" ;;
	*) arguments_flag "$1" ;;
	esac
}

# options_value OPTION VALUE
options_value() {
	case $1=$2 in
	--partition=[1-9] | --partition=[1-9][0-9]) opt_partition=$2 ;;
	--repair=safe | --repair=all) opt_repair=$2 ;;
	--events=?*) opt_events=$2 ;;
	--keep-log=?*) opt_keep_log=$2 ;;
	--work-dir=?*) opt_work_dir=$2 ;;
	--wait-lock=[0-9] | --wait-lock=[1-9][0-9] | --wait-lock=[1-9][0-9][0-9] | --wait-lock=[1-9][0-9][0-9][0-9] | --wait-lock=[1-9][0-9][0-9][0-9][0-9])
		opt_wait_lock=$2
		;;
	*) arguments_value "$@" ;;
	esac
}
