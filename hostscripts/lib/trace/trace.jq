# SPDX-License-Identifier: GPL-2.0-or-later
# What the renderers of boot traces share: a trace read, put in order and tied
# together, and the words for it.
#
# Input of `trace`: the lines of a trace, parsed: an array of flat objects.
# Output: {options, records, unfit, processes, names, targets, disks, begin_us, end_us}
#   options    the object of the first line, or {}
#   records    what has a t_us, in its order; one of a process, or of a node
#              whose pid is known, or else its parent_pid, has `process`: an
#              index into processes
#   unfit      how many records were none that can be understood
#   processes  {pid, parent (an index too), program, command, seqnum, action, device, started_us,
#              ended_us, until_us...}; ended_us is null if no end was seen,
#              until_us then the time at which its pid was given to another
#   names      device by SEQNUM; targets: device by the path of a link
#   disks      {disk, partition} by the name of each disk and partition

# Whoever tells a node's end may do so a little after its doer has ended.
def slack_us: 10000;

def base: split("/") | last;
def device_of_devpath: base | gsub("!"; "/");
# A disk or a partition. Those of NVMe do not lie below a folder "block".
def way: "(/block|/nvme(-subsys)?[0-9]+)/(?<way>[^/]+(/[^/]+)?)$";
def is_disk:
  (.devpath // "") as $devpath
  | ($devpath | test("/block/|/nvme[0-9]+n[0-9]+(/|$)")) and ($devpath | test(way) and (startswith("/devices/virtual/block/") | not))
  and (.subsystem // "block") == "block";
# Directions of text, and what XML cannot hold, are no letters either.
def plain: tostring | explode
  | map(if . < 32 or (. >= 127 and . < 160) or (. >= 8234 and . <= 8238) or (. >= 8294 and . <= 8297) or . == 65534 or . == 65535 then 65533 else . end) | implode;

# A file that was cut off has half a line at its end: what is no object is none.
def parsed(lines): [lines | fromjson? | objects];

# What each field has to be, and what each event cannot do without: a guest may
# write anything. A field of another type is dropped; so is an event without
# what it needs, which is counted, as it is lost.
def types: {
  t_us: "number", seqnum: "number", pid: "number", parent_pid: "number", exit_status: "number", signal: "number", count: "number", first_seqnum: "number", last_seqnum: "number",
  action: "string", devpath: "string", subsystem: "string", devtype: "string", devname: "string", program: "string", command: "string", state: "string", path: "string", kind: "string",
  by: "string", target: "string", device: "string", fstype: "string", what: "string", text: "string", moment: "string", message: "string", present: "boolean",
  recovery_before: "boolean", recovery_after: "boolean"
};
def needs: {
  uevent: ["seqnum", "action", "devpath"], process: ["state", "pid"], node: ["state", "path"], mount: ["state", "path"], mark: ["what"], log: ["text"],
  listing: ["moment", "path", "present"], seqnum: ["moment", "seqnum"], lost: ["what"]
};
def states: {process: ["start", "end"], node: ["appeared", "gone"], mount: ["mounted", "unmounted"]};
def fitted: types as $types | with_entries(.key as $key | select($types[$key] == null or $types[$key] == (.value | type)));
def fits: . as $it
  | (.event | type) == "string" and all(needs[$it.event] // [] | .[]; . as $need | $it | has($need))
  and (states[.event] == null or (states[.event] | index($it.state)) != null);

# Each process from its start to its end. Pids are used again: a pid means the
# process that was the last to start with it.
def tie($names):
  reduce .[] as $r ({processes: [], last: {}, records: []};
    ($r.pid | tostring) as $pid | .last[$pid] as $at
    | if $r.event == "process" and $r.state == "start" then
        (.processes | length) as $new
        | (if $at != null and .processes[$at].ended_us == null then .processes[$at].until_us = $r.t_us else . end)
        | .last[$r.parent_pid | tostring] as $parent # before that: none is its own
        | .last[$pid] = $new
        | .processes[$new] = ({parent: $parent} + ($r | {pid, program, command, parent_pid, seqnum, action, devpath, started_us: .t_us, ended_us: null, until_us: null,
            device: (if .devpath then $names[.seqnum | tostring] // (.devpath | device_of_devpath) else null end)}))
        | .records += [$r + {process: $new}]
      elif $r.event == "process" and $at != null and .processes[$at].ended_us == null then
        .processes[$at] += ($r | {ended_us: .t_us, exit_status, signal}) | .records += [$r + {process: $at}]
      elif $r.event == "node" then
        . as $it
        | ([$at, .last[$r.parent_pid | tostring]] | map(values | select($it.processes[.] | .ended_us == null or .ended_us + slack_us >= $r.t_us)) | first) as $doer
        | .records += [$r + if $doer == null then {} else {process: $doer} end]
      else .records += [$r] end);

def trace:
  ([.[] | select(has("t_us")) | fitted]) as $all
  | ([$all[] | select(has("t_us") and fits)] | sort_by(.t_us)) as $records
  | (reduce ($records[] | select(.event == "uevent")) as $r ({}; .[$r.seqnum | tostring] = ($r.devname // ($r.devpath // "" | device_of_devpath)))) as $names
  | ($records | tie($names)) as $tied
  | {
      options: (map(select(.event == "trace")) | first // {}),
      unfit: (($all | length) - ($records | length)),
      fault: (map(select(.event == "fault") | .message) | first),
      records: $tied.records,
      processes: $tied.processes,
      names: $names,
      targets: (reduce ($records[] | select(.event == "node" and .target)) as $r ({}; .[$r.path] = ($r.target | base))),
      disks: (reduce ($records[] | select((.event == "uevent" or .event == "process") and is_disk)) as $r ({};
        ($r.devpath | capture(way).way | split("/") | map(gsub("!"; "/"))) as $way
        | .[$names[$r.seqnum | tostring] // $way[-1]] = {disk: $way[0], partition: ($way | length > 1)})),
      begin_us: ($records | first.t_us // 0),
      end_us: ($records | last.t_us // 0)
    };

# --- what a record is about ---

def device_of_path($trace): $trace.targets[.] // ltrimstr("/dev/");
def running_until($trace): .ended_us // .until_us // $trace.end_us;
# A helper of the kernel, for a disk or a partition of one.
def is_helper: .seqnum != null and .devpath != null;
# A link is made and removed by what an mdev runs: the nearest helper above.
def helper($trace): if is_helper or .parent == null then . else $trace.processes[.parent] | helper($trace) end;
def is_shown_process($trace): if is_helper then is_disk else .program == "mdev" or .program == "fdisk" or .program == "sfdisk" end;
def is_shown_path($trace): startswith("/dev/disk/") or (device_of_path($trace) as $device | $trace.disks | has($device));
# What matters for the question which nodes are there, and why.
def is_shown($trace):
  if .event == "uevent" then is_disk
  elif .event == "process" then .process != null and ($trace.processes[.process] | is_shown_process($trace))
  elif .event == "node" then .path | is_shown_path($trace)
  elif .event == "listing" then .present == false
  else .event == "mark" or .event == "mount" or .event == "lost" end;

# --- words ---

# A number with so many decimals, zeroes and all.
def decimals($n):
  pow(10; $n) as $p | (fabs * $p | round) as $all
  | (if . < 0 and $all > 0 then "-" else "" end) + "\(($all / $p) | floor)"
  + (if $n == 0 then "" else "." + ("\($all % $p)" | "0" * ($n - length) + .) end);
def seconds($n): . / 1000000 | decimals($n);
def at: "\(seconds(3)) s";
def duration:
  if . < 1000 then "\(.) us" elif . < 100000 then "\(. / 1000 | decimals(1)) ms" else "\(seconds(2)) s" end;

# Columns of a terminal: wide letters take two, accents of their own none.
def letter_width:
  if . < 768 then 1
  elif . < 880 or (. >= 8203 and . <= 8207) or (. >= 65024 and . <= 65039) then 0
  elif (. >= 4352 and . <= 4447) or (. >= 11904 and . <= 42191) or (. >= 44032 and . <= 55203) or (. >= 63744 and . <= 64255)
    or (. >= 65072 and . <= 65135) or (. >= 65280 and . <= 65376) or (. >= 65504 and . <= 65510) or . >= 126976 then 2
  else 1 end;
def width: explode | map(letter_width) | add // 0;
# Letters from the front that take no more than so many columns.
def head_columns($n): reduce explode[] as $c ({left: $n, kept: []};
  ($c | letter_width) as $w | if .left >= $w then .left -= $w | .kept += [$c] else .left = -1 end) | .kept | implode;
def tail_columns($n): explode | reverse | implode | head_columns($n) | explode | reverse | implode;
def cut($n): if width <= $n then . else head_columns($n - 3) + "..." end;
# A path: its end says more.
def cut_front($n): if width <= $n then . else "..." + tail_columns($n - 3) end;
def fill($n): . + " " * ([$n - width, 0] | max);
# " " * 0 is null, and null + text is text: but not alone.
def spaces($n): if $n > 0 then " " * $n else "" end;

# Lines of words, none wider than $n if its words are not.
def wrap($n): reduce (split(" ")[]) as $word ([];
  if length > 0 and ((.[-1] | width) + 1 + ($word | width)) <= $n then .[-1] += " " + $word else . + [$word] end);

def options_line: .options
  | [(.attach // empty | "\(.) disk"), (.attach_at // empty | "attached at \(.)"), (.seq // empty | "mdev.seq \(.)"), (.log // empty | "mdev.log \(.)"),
     (.method // empty | "table by \(.)"), (.cpus // empty | if . == 1 then "1 CPU" else "\(.) CPUs" end), (.accel // empty)]
  | map(plain) | join(", ");

def helper_words: "\(.action // "?") \(.device // "?") SEQNUM \(.seqnum)";
def process_words: if is_helper then helper_words else .command // .program // "?" end | plain;
def end_words: if .signal then ", signal \(.signal)" elif (.exit_status // 0) != 0 then ", status \(.exit_status)" else "" end;
def lost_words:
  "\(.count // "some") \(.what // "records")"
  + if .first_seqnum then " (SEQNUM \(.first_seqnum)\(if .last_seqnum and .last_seqnum != .first_seqnum then " to \(.last_seqnum)" else "" end))" else "" end;
