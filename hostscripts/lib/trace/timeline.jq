# A boot trace -> a timeline for a terminal: time, delta, source, what.
#
#   jq -nRr -L lib/trace -f lib/trace/timeline.jq [--argjson columns 80] [--argjson all false] [--argjson colour false] TRACE
#
# Input: the raw lines of a trace. Output: lines of text, none wider than
# `columns`. Without `all` only disks and partitions, their mdevs and nodes,
# marks, mounts, and what was lost; the deltas are between the lines shown.
include "trace";

def paint($colour; $code): if $colour then "\u001b[\($code)m\(.)\u001b[0m" else . end;
def codes: {kernel: "36", devtmpfs: "32", mdev: "33", lost: "1;31", mark: "1", listing: "1;31"};

# Of long words those are cut short that hold the least: a path from its front.
def path_words($path; $before; $after; $room):
  "\($before)\($path | plain | cut_front([$room - ($before | width) - ($after | width), 12] | max))\($after)";

def uevent_words($trace; $room):
  if is_disk then "\(.action) \($trace.names[.seqnum | tostring]) SEQNUM \(.seqnum)"
  else path_words(.devpath; "\(.action) "; " SEQNUM \(.seqnum)"; $room) end;

def process_line($trace; $room):
  . as $r | (if .process == null then {pid, command: "a process from before"} else $trace.processes[.process] end)
  | "pid \(.pid)" as $pid
  | if $r.state == "start" then "starts, \($pid): " + (process_words | cut_front($room - 10 - ($pid | length)))
    else (if .started_us then " after \($r.t_us - .started_us | duration)" else "" end + end_words) as $how
      | "ends, \($pid)\($how): " + (process_words | cut_front([$room - 8 - ($pid + $how | length), 12] | max)) end;

def node_words($trace; $room):
  . as $r
  | (if .process != null then $trace.processes[.process] | " by pid \(.pid)" + (if is_helper then ", \(.action) SEQNUM \(.seqnum)" else "" end)
     elif .pid != null and .by != "devtmpfs" then " by pid \(.pid)" else "" end) as $who
  | (if .target and .state == "appeared" then " -> \(.target | plain | cut_front(20))" else "" end) as $to
  | path_words(.path; if .state == "gone" then "- " else "+ " end; $to + $who; $room);

def flag: if . == null then "?" elif . then "yes" else "no" end;
def mount_words($room):
  (if has("recovery_before") or has("recovery_after") then "; needs recovery: \(.recovery_before | flag), then \(.recovery_after | flag)" else "" end) as $recovery
  | path_words(.path; "\(.device // "?" | plain | cut_front(20)) \(.state) \(if .state == "mounted" then "on" else "from" end) "; (if .fstype then " (\(.fstype | plain))" else "" end) + $recovery; $room);

# [source, what, colour]
def words($trace; $room):
  if .event == "uevent" then ["kernel", uevent_words($trace; $room), "kernel"]
  elif .event == "process" then
    ((if .process == null then null else $trace.processes[.process].program end) // .program // "process") as $program
    | [$program, process_line($trace; $room), $program]
  elif .event == "node" then [(.by // "unknown"), node_words($trace; $room), (.by // "unknown")]
  elif .event == "mount" then ["mount", mount_words($room), "mount"]
  elif .event == "lost" then ["LOST", lost_words, "lost"]
  elif .event == "log" then ["log", (.text // ""), "log"]
  elif .event == "listing" then ["listing", path_words(.path; "\(.moment): "; if .present then " is there" else " IS MISSING" end; $room), (if .present then "" else "listing" end)]
  elif .event == "seqnum" then ["kernel", "\(.moment): the counter is at SEQNUM \(.seqnum)", ""]
  else [.event, (del(.event, .t_us, .host_ms, .t_ms) | tojson), ""] end;

def mark_words: "-- \(.what)" + (if .text then " (\(.text))" else "" end) + " ";

($ARGS.named.columns // 80) as $columns
| ($ARGS.named.colour // false) as $colour
| ($ARGS.named.all // false) as $all
| (parsed(inputs) | trace) as $trace
| ([$columns - 31, 16] | max) as $room
| "\("TIME" | fill(10) | "      TIME")      DELTA  SOURCE    WHAT",
  foreach ($trace.records[] | select($all or is_shown($trace))) as $r ({last: null};
    .delta = (if .last == null then "" else "+" + ($r.t_us - .last | seconds(6)) end) | .last = $r.t_us;
    ($r.t_us | seconds(6)) as $time
    | (spaces(10 - ($time | length)) + $time + " " + spaces(10 - (.delta | length)) + .delta + " ") as $front
    | if $r.event == "mark" then
        $front + ($r | mark_words | plain | cut($columns - 22) | . + "-" * ([$columns - 22 - width, 0] | max) | paint($colour; codes.mark))
      else
        ($r | words($trace; $room)) as [$source, $what, $kind]
        | $front + " " + ("\($source | plain | cut(8) | fill(8)) \($what | plain | cut($room - 1))"
            | if codes[$kind] then paint($colour; codes[$kind]) else . end)
      end)
