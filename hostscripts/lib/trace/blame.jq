# SPDX-License-Identifier: GPL-2.0-or-later
# Who took a node away: from what was recorded, and nothing else.
#
# Input of `verdict`: what `trace` gives. Output: {missing, mended, lost, ...},
# as verdict.jq says. Each that is missing has a `cause`:
#   late-remove  an mdev of `remove` unlinked it when it had been added again
#   mdev         an mdev unlinked it, but no later `add` came before
#   process      another process did
#   kernel       the kernel removed it (devtmpfs), and did not make it again
#   unknown      the records do not tell; `clause` says what they lack
include "trace";

# --- is the trace whole? ---

# Numbers of the kernel's counter that no uevent has, in runs [first, last].
def gaps:
  [.records[] | select(.event == "uevent") | .seqnum] as $seen
  | [.records[] | select(.event == "seqnum") | .seqnum] as $counted
  | if $seen == [] and ($counted | length) < 2 then [] else
      ([($seen | min // empty), ($counted | min | values + 1)] | min) as $first
      | ([$seen[], $counted[]] | max) as $last
      | ([$first - 1] + ($seen | unique) + [$last + 1]) as $all
      | [range(1; $all | length) | [$all[. - 1] + 1, $all[.] - 1] | select(.[0] <= .[1])]
    end;

def losses:
  [.records[] | select(.event == "lost")] as $told
  | [$told[] | lost_words]
    + (if .unfit > 0 then ["\(.unfit) records that cannot be understood"] else [] end)
    # What is told as lost is a gap as well: once is enough.
    + (if any($told[]; .what == "uevents" or .what == "records") then [] else
        [gaps[] | "no uevent has SEQNUM \(.[0])\(if .[0] == .[1] then "" else " to \(.[1])" end)"] end);

# --- one node ---

def running_at($trace; $t): .started_us <= $t and (running_until($trace) + slack_us) >= $t;
def blame_words: "the mdev of `\(.action)` SEQNUM \(.seqnum)";
def uevents_of($device): .names as $names | [.records[] | select(.event == "uevent" and $names[.seqnum | tostring] == $device)];
def blame: {seqnum, action, pid, program, command, device, started_us, ended_us};

# An mdev, known: was it late?
def by_helper($trace; $device; $gone; $certain):
  . as $it
  | ($trace | uevents_of($device) | map(select(.action == "add" and .seqnum > $it.seqnum and .t_us <= $gone.t_us)) | last) as $add
  | (if $it.device == $device then "" else " (of \($it.device))" end) as $of
  | ($it | blame_words + $of) as $who
  | {blame: ($it | blame)}
    + if $add != null and $it.action == "remove" then {
        cause: "late-remove",
        readded: ($add | {seqnum, t_us}),
        late_us: ($gone.t_us - $add.t_us),
        clause: "because \($who)\(if $certain then "" else ", the only one running then," end) unlinked it \($gone.t_us - $add.t_us | duration) after the kernel had added it again with SEQNUM \($add.seqnum)"
      } else {
        cause: "mdev",
        clause: "because \($who)\(if $certain then "" else ", the only one running then," end) unlinked it; no `add` of \($device) with a higher SEQNUM is recorded before that"
      } end;

def by_process($who):
  {blame: blame, cause: "process", clause: "because \($who // .program // "a process") (pid \(.pid)) removed it"};

def by_kernel($trace; $device; $gone):
  ($trace | uevents_of($device) | map(select(.action == "add" and .t_us > $gone.t_us)) | first) as $add
  | {cause: "kernel", readded: (if $add then $add | {seqnum, t_us} else null end),
     clause: ("because the kernel itself removed it then (devtmpfs), "
       + if $add then "and nothing shows that it made the node again, although it announced \($device) with SEQNUM \($add.seqnum) at \($add.t_us | at)"
         else "and did not add \($device) again" end)};

# No pid: the one mdev of `remove` for it that ran at that time, if it is one.
def by_time($trace; $device; $gone):
  [$trace.processes[] | select(is_helper and .action == "remove" and .device == $device and running_at($trace; $gone.t_us))] as $ran
  | if ($ran | length) == 1 then $ran[0] | by_helper($trace; $device; $gone; false)
    elif $ran == [] then {cause: "unknown", clause: "but who unlinked it is not recorded, and no mdev of `remove` for \($device) is known to have run then"}
    else {cause: "unknown", candidates: ($ran | map(blame)),
      clause: "but who unlinked it is not recorded: \($ran | length) mdevs of `remove` ran then (SEQNUM \($ran | map(.seqnum | tostring) | join(", ")))"} end;

def doer($trace; $device; $gone):
  ($gone.process | if . == null then null else $trace.processes[.] | . as $own | helper($trace) | if is_helper then . else $own end end) as $it
  | if $gone.by == "devtmpfs" then by_kernel($trace; $device; $gone)
    elif $it != null and ($it | is_helper) then $it | by_helper($trace; $device; $gone; true)
    elif $it != null then $it | by_process(if .command then "`\(.command)`" else null end)
    elif $gone.pid != null then {cause: "unknown", clause: "but of pid \($gone.pid), which unlinked it, nothing is recorded at that time"}
    elif $gone.by == "other" then {cause: "unknown", clause: "but which process unlinked it is not recorded"}
    else by_time($trace; $device; $gone) end;

def missing_one($trace):
  .path as $path | .t_us as $listed
  | ($path | device_of_path($trace)) as $device
  | ([$trace.records[] | select(.event == "node" and .path == $path and .t_us <= $listed)] | last) as $node
  | {path: $path, device: $device, listed_us: $listed, since_us: null, blame: null, readded: null, late_us: null, candidates: []}
    + if $node == null then {cause: "unknown", clause: "but nothing is recorded of that node before \($listed | at)"}
      elif $node.state != "gone" then {cause: "unknown", clause: "although it was seen to appear at \($node.t_us | at), and nothing that took it away is recorded"}
      else {since_us: $node.t_us} + doer($trace; $device; $node) end;

# --- all of them ---

def listed($moment): [.records[] | select(.event == "listing" and .moment == $moment)] | group_by(.path) | map(last) | sort_by(.t_us);

def named:
  (if .path == "/dev/" + .device then "the node of \(.device)" else "\(.path) (of \(.device))" end)
  + " is missing" + (if .since_us then " since \(.since_us | at)" else "" end)
  + (if .clause | startswith("because") then " " else ", " end) + .clause;

def mended_words:
  if .mended == true then "; `mdev -s` mends it"
  elif .mended == false then "; `mdev -s` does not mend it"
  else "; whether `mdev -s` mends it was not tried" end;

def capital: (.[0:1] | ascii_upcase) + .[1:];

# "a, b and c"
def listed_words: if length < 2 then join("") else (.[:-1] | join(", ")) + " and " + .[-1] end;

def span_words: [.records[] | select(.event == "uevent") | .seqnum] | if . == [] then "" else " (SEQNUM \(min) to \(max), none left out)" end;

def sentence($trace):
  (if .lost then "but records were lost: \(.losses | join(", "))" else "nothing was lost\($trace | span_words)" end) as $lost
  | if .listed == 0 then
      "nothing can be said of nodes: none were listed after the table was written"
      + (if $trace.fault then ", and the run failed (\($trace.fault | plain))" else "" end)
      + (if .lost then "; \($lost)" else "" end)
    elif .missing == [] then
      "every node that the kernel has is there (\(.present | listed_words))"
      + (if .missing_after_rescan != [] then ", but after `mdev -s` \(.missing_after_rescan | listed_words) is missing" else "" end)
      + "; \($lost)"
    else
      (.missing | map(named) | join("; "))
      + mended_words
      + (if .lost then "; \($lost), so this may not be the whole story" else "" end)
    end
  | capital + ".";

def verdict:
  . as $trace
  | listed("after-table") as $table
  | (listed("after-rescan") | map({key: .path, value: .present}) | from_entries) as $rescan
  | [$table[] | select(.present == false) | missing_one($trace)] as $missing
  | losses as $losses
  | {
      missing: $missing,
      mended: (if $missing == [] or any($missing[]; $rescan[.path] == null) then null else all($missing[]; $rescan[.path]) end),
      missing_after_rescan: [$rescan | to_entries[] | select(.value == false) | .key],
      lost: ($losses != []),
      losses: $losses,
      held_up: [.records[] | select(.event == "mark" and .what == "held-up") | .text // "" | plain],
      listed: ($table | length),
      present: [$table[] | select(.present) | .path]
    }
  | .sentence = (sentence($trace) | plain)
  | del(.listed);
