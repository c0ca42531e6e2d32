# SPDX-License-Identifier: GPL-2.0-or-later
# A boot trace -> a timeline for a terminal: time, delta, source, what.
#
#   jq -nRr -L lib/trace -f lib/trace/timeline.jq [--argjson columns 80] [--argjson all false] [--argjson colour false] TRACE
#
# Input: the raw lines of a trace. Output: lines of text, none wider than
# `columns` (at least 60). Without `all` only disks and partitions, their mdevs
# and nodes, marks, mounts, and what was lost; the deltas are between the lines
# shown. A node that appears has a +, one that goes a -.
include "trace";

def codes: {kernel: "36", devtmpfs: "32", mdev: "33", lost: "1;31", mark: "1", missing: "1;31"};
def paint($colour; $kind): if $colour and codes[$kind] then "\u001b[\(codes[$kind])m\(.)\u001b[0m" else . end;

# Of what is too long a path is cut, from its front: its end says the most.
def around($before; $after; $room): "\($before)\(plain | cut_front([$room - ($before + $after | width), 12] | max))\($after)";

def uevent_words($trace; $room):
  if is_disk then "\(.action) \($trace.names[.seqnum | tostring]) SEQNUM \(.seqnum)"
  else .action as $action | .seqnum as $seqnum | .devpath | around("\($action) "; " SEQNUM \($seqnum)"; $room) end;

def process_line($trace; $room):
  . as $r
  | (if .process == null then {pid, command: "pid \(.pid), started earlier"} else $trace.processes[.process] end) as $process
  | if .state == "start" then
      ($process | if is_helper then ", pid \(.pid)" else " (pid \(.pid))" end) as $pid
      | $process | process_words | around("starts: "; $pid; $room)
    else
      "ends\(end_words)\(if $process.started_us then ", \(.t_us - $process.started_us | duration)" else "" end): " as $ends
      | $process | process_words | around($ends; ""; $room)
    end;

def node_words($trace; $room):
  (if .process != null then $trace.processes[.process] | " by pid \(.pid)" + (helper($trace) | if is_helper then ", \(.action) SEQNUM \(.seqnum)" else "" end)
   elif .pid != null and .by != "devtmpfs" then " by pid \(.pid)" else "" end) as $who
  | (if .target and .state == "appeared" then " -> \(.target | plain | cut_front(20))" else "" end) as $to
  # Who did it says more than where a link leads to.
  | (if ($to + $who | width) + 16 > $room then $who else $to + $who end) as $after
  | (if .state == "gone" then "- " else "+ " end) as $sign
  | .path | around($sign; $after; $room);

def flag: if . == null then "?" elif . then "yes" else "no" end;
def mount_words($room):
  "\(.device // "?" | plain | cut_front(20)) \(.state) \(if .state == "mounted" then "on" else "from" end) " as $before
  | (if .fstype then " (\(.fstype))" else "" end | plain | cut(10)) as $after
  | .path | around($before; $after; $room);
def recovery_words: "needs recovery before: \(.recovery_before | flag), after: \(.recovery_after | flag)";

# [source, what, kind]
def words($trace; $room):
  if .event == "uevent" then ["kernel", uevent_words($trace; $room), "kernel"]
  elif .event == "process" then
    ((if .process == null then null else $trace.processes[.process].program end) // .program // "process") as $program
    | [$program, process_line($trace; $room), $program]
  elif .event == "node" then [(.by // "unknown"), node_words($trace; $room), (.by // "unknown")]
  elif .event == "mount" then ["mount", mount_words($room), "mount"]
  elif .event == "lost" then ["LOST", lost_words, "lost"]
  elif .event == "log" then ["log", (.text // ""), "log"]
  elif .event == "listing" then
    "\(.moment): " as $before
    | if .present then ["listing", (.path | around($before; " is there"; $room)), "listing"]
      else ["listing", (.path | around($before; " IS MISSING"; $room)), "missing"] end
  elif .event == "seqnum" then ["kernel", "\(.moment): the counter is at SEQNUM \(.seqnum)", "seqnum"]
  else [.event, (del(.event, .t_us, .host_ms, .t_ms) | tojson), "other"] end;

def mark_words: "-- \(.what)" + (if .text then " (\(.text))" else "" end) + " ";

def front($delta): (.t_us | seconds(6)) as $time | spaces(10 - ($time | length)) + $time + " " + spaces(10 - ($delta | length)) + $delta + " ";

([$ARGS.named.columns // 80, 60] | max) as $columns
| ($ARGS.named.colour // false) as $colour
| ($ARGS.named.all // false) as $all
| (parsed(inputs) | trace) as $trace
| ($columns - 32) as $room
| "      TIME      DELTA  SOURCE   WHAT",
  foreach ($trace.records[] | select($all or is_shown($trace))) as $r ({last: null};
    .delta = (if .last == null then "" else "+" + ($r.t_us - .last | seconds(6)) end) | .last = $r.t_us;
    .delta as $delta
    | $r
    | if .event == "mark" then
        front($delta) + (mark_words | plain | cut($columns - 22) | . + ("-" * ($columns - 22 - width) // "") | paint($colour; "mark"))
      else
        words($trace; $room) as [$source, $what, $kind]
        | front($delta) + " " + ("\($source | plain | cut(8) | fill(8)) \($what | plain | cut($room))" | paint($colour; $kind)),
          (select(has("recovery_before") or has("recovery_after")) | spaces(32) + (recovery_words | cut($room)))
      end)
