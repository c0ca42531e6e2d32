# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A Slurm of one's own: a controller and two nodes on this host, with a key, sockets,
# ports and folders that nobody else has. All of it ends with the test. To be sourced
# after tap.sh.
#
#   slurm_start            all of it, and waits until both nodes are idle; or says why they are not, and fails
#   slurm_controller       the controller (again)
#   slurm_node NAME        a node (again)
#   slurm_end PROGRAM      kill -KILL: controller, one or two
#   slurm_stop             the end of all
# shellcheck disable=SC2034,SC2154  # for the tests

slurm=$work/slurm

# Three ports that nobody has now.
slurm_ports() {
	perl -MIO::Socket::INET -e 'print join " ", map { ($s[$_] = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1))->sockport } 0 .. 2'
}

slurm_write() {
	# shellcheck disable=SC2046  # three words
	set -- $(slurm_ports)
	cat >"$slurm/slurm.conf" <<END
ClusterName=fleet
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$slurm/munge.socket,cred_expire=5
SlurmctldPort=$1
SlurmctldPidFile=$slurm/controller.file
SlurmdPidFile=$slurm/%n.file
SlurmdSpoolDir=$slurm/spool-%n
StateSaveLocation=$slurm/state
SlurmctldLogFile=$slurm/controller.log
SlurmdLogFile=$slurm/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=1
MpiDefault=none
SwitchType=switch/none
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
SlurmdTimeout=${SLURM_NODE_TIMEOUT:-10}
KillWait=5
MessageTimeout=10
MaxArraySize=${SLURM_MAX_ARRAY:-8}
NodeName=one NodeHostname=localhost NodeAddr=127.0.0.1 Port=$2 CPUs=1
NodeName=two NodeHostname=localhost NodeAddr=127.0.0.1 Port=$3 CPUs=1
PartitionName=all Nodes=ALL Default=YES State=UP
END
	# No cgroup is used. Version 1 is not looked for before it is; what is found by itself has to be mounted.
	echo 'CgroupPlugin=cgroup/v1' >"$slurm/cgroup.conf"
}

# slurm_program NAME COMMAND...: in the background, its pid in $slurm/NAME.pid.
slurm_program() {
	slurm_name=$1
	shift
	"$@" >"$slurm/$slurm_name.out" 2>&1 </dev/null &
	echo $! >"$slurm/$slurm_name.pid"
}

slurm_controller() { slurm_program controller slurmctld -D -f "$SLURM_CONF"; }

slurm_node() { slurm_program "$1" slurmd -D -N "$1" -f "$SLURM_CONF"; }

slurm_end() {
	kill -KILL "$(cat "$slurm/$1.pid")"
	wait "$(cat "$slurm/$1.pid")" 2>/dev/null
}

slurm_idle() { [ "$(sinfo -h -N -o '%N %t')" = "one idle${newline}two idle" ]; }

slurm_start() {
	newline='
'
	mkdir "$slurm" "$slurm/state" "$slurm/spool-one" "$slurm/spool-two"
	head -c 128 /dev/urandom >"$slurm/munge.key"
	chmod 600 "$slurm/munge.key"
	slurm_write
	export SLURM_CONF="$slurm/slurm.conf"
	# --force: the folders above are not for everybody.
	slurm_program munge munged --foreground --force --key-file="$slurm/munge.key" --socket="$slurm/munge.socket" \
		--pid-file="$slurm/munge.file" --log-file="$slurm/munge.log" --seed-file="$slurm/munge.seed"
	await [ -S "$slurm/munge.socket" ]
	slurm_controller
	slurm_node one
	slurm_node two
	await slurm_idle || { tail -n 5 "$slurm"/*.out | sed 's/^/# /' && return 1; }
}

slurm_stop() {
	[ -d "$slurm" ] || return 0
	scancel --state=RUNNING --state=PENDING --user="$(id -un)" 2>/dev/null
	for slurm_name in one two controller munge; do
		[ ! -e "$slurm/$slurm_name.pid" ] || kill -TERM "$(cat "$slurm/$slurm_name.pid")" 2>/dev/null
	done
	for slurm_name in one two controller munge; do
		[ ! -e "$slurm/$slurm_name.pid" ] || wait "$(cat "$slurm/$slurm_name.pid")" 2>/dev/null
	done
	# A step of a node that was killed outlives it.
	for slurm_process in $(processes_in "$slurm"); do kill -KILL "$slurm_process" 2>/dev/null; done
}
