# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The command line of trace-boot.
# shellcheck disable=SC2034,SC2154  # the options are read all over trace-boot

usage() {
	cat <<'TEXT'
Usage: trace-boot [OPTION]... [IMAGE]
       trace-boot --from TRACE [OPTION]...

Boot a small virtual machine the way Alpine Linux boots, with busybox mdev as
the kernel's hotplug helper, and record every device event. Then write a larger
partition table, and report which device nodes are missing afterwards, and why.
The disk is a temporary overlay of IMAGE, or a sample disk. IMAGE stays
unchanged.

      --attach A        ide, virtio, scsi, usb or nvme (default: ide; usb if the
                        disk is attached later)
      --attach-at S     power-on (the default), or a stage: single, init, login
      --seq S           the stage from which mdev orders the events: single,
                        init, login, or no (the default)
      --log S           the stage from which mdev writes its log; as --seq
      --method M        the program that writes the table: fdisk (the default),
                        sfdisk, or agent (tells the kernel only the new size)
      --hold-up EVENT[:MS]
                        delay the mdev of this event, such as remove:sda2, by MS
                        milliseconds (1000)
      --cpus N          processors of the machine (default: 1)
      --append ARGS     add ARGS to the guest's kernel command line
      --break STAGE     open a shell at single, init or login; exit continues
      --rtc TIME        set the machine's clock: 2038-01-19T03:14:00Z
      --share DIR       mount DIR of this host at /mnt/share, read-only
      --accel A         auto (the default), kvm, hvf or tcg
      --format F        the image is raw or qcow2 (default: detected)
      --allow-backing   accept a backing file or an external data file

      --runs N          boot N times, and count
      --matrix          try all values of --seq, --attach and --method, 20 runs
                        each; options that you give keep their value
      --jobs N          run N machines at once (default: one per processor)

      --from TRACE      boot nothing: show a trace written by --json or by
                        grow-disk --events
      --all             show every event, not only those of disks
      --json FILE       write the trace to FILE, as JSON lines; for several
                        runs, their results
      --svg FILE        write a picture of the boot to FILE
      --chrome FILE     write the trace to FILE for Chrome's trace viewers
  -q, --quiet           print only the verdict
  -v, --verbose         print every command
  -h, --help            print this help
  -V, --version         print the version

Exit status: 0 the boot was traced, even if nodes are missing; 2 usage; 10 the
image was refused; 30 try again later; 40 the host lacks something; 70 a bug in
trace-boot. See trace-boot(1).
TEXT
}

options_valued='--attach --attach-at --seq --log --method --hold-up --cpus --append --break --rtc --share --accel --format --runs --jobs --from --json --svg --chrome'

options_default() {
	opt_json=no opt_quiet=no opt_verbose=no opt_all=no opt_format='' opt_allow_backing=no opt_accel=auto
	opt_attach='' opt_attach_at='' opt_seq='' opt_log=no opt_method='' opt_hold_up='' opt_hold_up_ms='' opt_cpus=1
	opt_append='' opt_break=no opt_rtc='' opt_share='' opt_runs='' opt_matrix=no opt_jobs=''
	opt_from='' opt_json_file='' opt_svg='' opt_chrome='' operands=0 operand_image=''
}

options_operand() {
	operands=$((operands + 1))
	[ "$operands" -eq 1 ] || usage_fault "'$1' is one operand too many"
	[ -n "$1" ] || usage_fault "The name of the image is empty"
	operand_image=$1
}

options_parse() {
	arguments_parse "$@"
	options_check
	options_complete
}

options_flag() {
	case $1 in
	--matrix) opt_matrix=yes ;;
	--all) opt_all=yes ;;
	--allow-backing) opt_allow_backing=yes ;;
	-q | --quiet) opt_quiet=yes ;;
	-v | --verbose) opt_verbose=yes ;;
	*) arguments_flag "$1" ;;
	esac
}

# options_value OPTION VALUE
options_value() {
	case $1=$2 in
	--attach=ide | --attach=virtio | --attach=scsi | --attach=usb | --attach=nvme) opt_attach=$2 ;;
	--attach-at=power-on | --attach-at=single | --attach-at=init | --attach-at=login) opt_attach_at=$2 ;;
	--seq=no | --seq=single | --seq=init | --seq=login) opt_seq=$2 ;;
	--log=no | --log=single | --log=init | --log=login) opt_log=$2 ;;
	--break=single | --break=init | --break=login) opt_break=$2 ;;
	--method=fdisk | --method=sfdisk | --method=agent) opt_method=$2 ;;
	--hold-up=*/*) usage_fault "$1 cannot be '$2': a device is known by its name alone" ;;
	--hold-up=?*:?*:*[!0-9]* | --hold-up=?*:?*:) usage_fault "$1 cannot be '$2': the time is a number of ms" ;;
	--hold-up=?*:?*:?*) opt_hold_up=${2%:*} opt_hold_up_ms=${2##*:} ;;
	--hold-up=?*:?*) opt_hold_up=$2 opt_hold_up_ms=1000 ;;
	--cpus=[1-8]) opt_cpus=$2 ;;
	--append=?*) opt_append=$2 ;;
	--share=?*) opt_share=$2 ;;
	--runs=[1-9] | --runs=[1-9][0-9] | --runs=[1-9][0-9][0-9] | --runs=[1-9][0-9][0-9][0-9]) opt_runs=$2 ;;
	--jobs=[1-9] | --jobs=[1-9][0-9]) opt_jobs=$2 ;;
	--from=?*) opt_from=$2 ;;
	--json=?*) opt_json_file=$2 ;;
	--svg=?*) opt_svg=$2 ;;
	--chrome=?*) opt_chrome=$2 ;;
	--accel=auto | --accel=kvm | --accel=hvf | --accel=tcg) opt_accel=$2 ;;
	--format=raw | --format=qcow2) opt_format=$2 ;;
	--rtc=*) options_rtc "$2" ;;
	*) usage_fault "$1 cannot be '$2'" ;;
	esac
}

# options_rtc VALUE: a time in UTC, on a day that exists, since 1970.
options_rtc() {
	case ${1%Z} in
	*-02-30T* | *-02-31T* | *-0[469]-31T* | *-11-31T*) ;;
	[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9])
		rtc_year=${1%%-*} rtc_day=${1#*-}
		rtc_day=${rtc_day%%T*}
		case $rtc_year:$rtc_day:${1#*T} in
		*:00-* | *:1[3-9]-* | *-00:* | *-3[2-9]:* | *:2[4-9]:??:*) ;;
		*:02-29:*) [ $((rtc_year % 4)) -ne 0 ] || { [ $((rtc_year % 100)) -eq 0 ] && [ $((rtc_year % 400)) -ne 0 ]; } || opt_rtc=$1 ;;
		*) opt_rtc=$1 ;;
		esac
		[ "$rtc_year" -ge 1970 ] || opt_rtc=''
		;;
	esac
	[ -n "$1" ] && [ "$opt_rtc" = "$1" ] || usage_fault "--rtc cannot be '$1': write it as 2038-01-19T03:14:00Z"
}

# What does not go together.
options_check() {
	case $opt_attach:$opt_attach_at in
	ide:single | ide:init | ide:login)
		usage_fault "An IDE disk cannot be attached while the machine runs: --attach ide goes only with --attach-at power-on"
		;;
	esac
	[ -z "$opt_from" ] || [ "$operands$opt_runs$opt_matrix" = 0no ] || usage_fault "--from boots nothing: it goes neither with an image nor with --runs or --matrix"
	[ -z "$opt_share" ] || { [ -d "$opt_share" ] && [ -x "$opt_share" ]; } || usage_fault "There is no directory $opt_share to share"
	[ "$opt_matrix" = no ] && [ "${opt_runs:-1}" -eq 1 ] && return 0
	[ -z "$opt_svg$opt_chrome" ] || usage_fault "--svg and --chrome are of one boot: they go neither with --runs nor with --matrix"
	[ "$opt_break" = no ] || usage_fault "--break is of one boot: it goes neither with --runs nor with --matrix"
	[ "$opt_all" = no ] || usage_fault "--all is of one boot: it goes neither with --runs nor with --matrix"
	[ "$opt_matrix" = no ] || [ "${opt_attach_at:-power-on}" = power-on ] || [ -n "$opt_attach" ] ||
		usage_fault "--matrix with --attach-at $opt_attach_at needs an --attach: an IDE disk cannot be attached then"
}

# A default that works for whatever was not said; of a matrix, what is not said
# is varied.
options_complete() {
	: "${opt_attach_at:=power-on}"
	if [ "$opt_matrix" = yes ]; then
		: "${opt_runs:=20}" "${opt_seq:=no single init login}" "${opt_attach:=ide virtio scsi usb nvme}" "${opt_method:=fdisk sfdisk agent}"
	else
		: "${opt_runs:=1}" "${opt_seq:=no}" "${opt_method:=fdisk}"
		[ "$opt_attach_at" = power-on ] || : "${opt_attach:=usb}"
		: "${opt_attach:=ide}"
	fi
	[ -n "$opt_jobs" ] || opt_jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || opt_jobs=1
}
