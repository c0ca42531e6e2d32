# SPDX-License-Identifier: GPL-2.0-or-later
# A boot trace -> Chrome's trace-event JSON, for about:tracing, Perfetto and
# others.
#
#   jq -nR -L lib/trace -f lib/trace/chrome.jq TRACE >trace.json
#
# Input: the raw lines of a trace. Output: one object {traceEvents,
# displayTimeUnit, otherData}; ts and dur are microseconds. The viewers' "processes" are
# devices, and the one of the boot itself (1); their "threads" are the uevents
# of a device (1), each of its nodes (from 2), and rows of mdevs (from 100) such that
# none overlaps another; real pids are in args.
include "trace";
include "blame";

def boot_pid: 1;
def uevent_tid: 1;
def node_tid: 2;
def process_tid: 100;

def name_of($pid; $tid; $name): {ph: "M", pid: $pid, tid: $tid, ts: 0, name: "thread_name", args: {name: $name}};
def name_of($pid; $name): {ph: "M", pid: $pid, tid: 0, ts: 0, name: "process_name", args: {name: $name}};
def order_of($pid): {ph: "M", pid: $pid, tid: 0, ts: 0, name: "process_sort_index", args: {sort_index: $pid}};
def with_values: with_entries(select(.value != null));

# Rows: in each one thing after the other.
def rows:
  reduce .[] as $one ({ends: [], done: []};
    (.ends | map(. <= $one.ts) | index(true) // length) as $row
    | .ends[$row] = $one.ts + $one.dur | .done += [$one | .tid = process_tid + $row])
  | .done;

# A device of its own for each that has an mdev or a uevent.
def devices: . as $trace | [.records[] | select(.event == "uevent") | $trace.names[.seqnum | tostring]] + [.processes[] | .device // empty]
  | unique | map(. as $device | {device: $device, other: ($trace.disks | has($device) | not)}) | sort_by(.other) | map(.device);

def process_event($trace; $pids; $guilty):
  running_until($trace) as $until
  | {ph: "X", cat: "process", name: (if is_helper then "\(.action) \(.seqnum)" else process_words end), pid: ($pids[.device // ""] // boot_pid), ts: .started_us, dur: ($until - .started_us),
     args: ({pid, parent_pid, program, command, seqnum, action, devpath, exit_status, signal, unfinished: (if .ended_us then null else true end),
       unlinked_a_missing_node: (if [.pid, .started_us] | IN($guilty[]) then true else null end)} | with_values)};

# Each time that a node was there.
def node_events($trace; $pids):
  ([$trace.records[] | select(.event == "node")] | group_by(.path) | map({path: .[0].path, all: .})) as $nodes
  | ($nodes | map(. + {pid: ($pids[.path | device_of_path($trace)] // boot_pid)}) | group_by(.pid)[] | to_entries[])
  | (.key + node_tid) as $tid | .value | .pid as $pid | .path as $path
  | name_of($pid; $tid; "node \($path)"),
    ((if .all[0].state == "gone" then {since: $trace.begin_us} else {since: null} end) as $first
      | reduce .all[] as $one ($first + {bars: []};
          if $one.state == "appeared" and .since == null then .since = $one.t_us | .made = $one
          elif $one.state == "gone" and .since != null then .bars += [{ts: .since, to: $one.t_us, made, gone: $one}] | .since = null
          else . end)
      | .bars + (if .since != null then [{ts: .since, to: $trace.end_us, made}] else [] end)
      | .[] | {ph: "X", cat: "node", name: $path, pid: $pid, tid: $tid, ts, dur: (.to - .ts), args: ({made_by: .made.by, target: .made.target, removed_by: .gone.by, removed_by_pid: .gone.pid} | with_values)});

def instants($pids; $trace):
  .records[]
  | if .event == "uevent" then
      {ph: "i", s: "t", cat: "uevent", name: "\(.action) \(.seqnum)", pid: ($pids[$trace.names[.seqnum | tostring]] // boot_pid), tid: uevent_tid, ts: .t_us, args: ({seqnum, action, devpath, subsystem, devtype, devname} | with_values)}
    elif .event == "mark" then {ph: "i", s: "g", cat: "mark", name: (.what + (if .text then ": \(.text)" else "" end)), pid: boot_pid, tid: uevent_tid, ts: .t_us, args: {}}
    elif .event == "lost" then {ph: "i", s: "g", cat: "lost", name: "lost: \(lost_words)", pid: boot_pid, tid: uevent_tid, ts: .t_us, args: (del(.event, .t_us, .host_ms, .t_ms))}
    elif .event == "mount" or .event == "log" then
      {ph: "i", s: "p", cat: .event, name: (if .event == "log" then .text else "\(.device) \(.state) \(.path)" end), pid: boot_pid, tid: uevent_tid, ts: .t_us, args: (del(.event, .t_us, .host_ms, .t_ms))}
    elif .event == "listing" and .present == false then
      {ph: "i", s: "p", cat: "listing", name: "\(.moment): \(.path) is missing", pid: boot_pid, tid: uevent_tid, ts: .t_us, args: {moment, path}}
    else empty end;

(parsed(inputs) | trace) as $trace
| ($trace | verdict) as $verdict
| [$verdict.missing[].blame | values | [.pid, .started_us]] as $guilty
| ($trace | devices | to_entries | map({key: .value, value: (.key + boot_pid + 1)}) | from_entries) as $pids
| [$trace.processes[] | process_event($trace; $pids; $guilty)] as $bars
| ([$bars | group_by(.pid)[] | sort_by(.ts) | rows | .[]]) as $bars
| {
    traceEvents: [
      name_of(boot_pid; "boot"), order_of(boot_pid), name_of(boot_pid; uevent_tid; "marks"),
      ($pids | to_entries[] | name_of(.value; .key), order_of(.value), name_of(.value; uevent_tid; "uevents")),
      ([$bars[] | {pid, tid}] | unique[] | name_of(.pid; .tid; (if .pid == boot_pid then "programs" else "mdev" end) + " \(.tid - process_tid + 1)")),
      ($trace | instants($pids; $trace)), node_events($trace; $pids), $bars[]
    ] | map(.name |= plain),
    displayTimeUnit: "ms",
    otherData: ($trace.options + {verdict: $verdict.sentence} | del(.event, .host_ms) | with_values | map_values(tostring))
  }
