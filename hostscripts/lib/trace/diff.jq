# SPDX-License-Identifier: GPL-2.0-or-later
# Two boot traces -> where they part.
#
#   jq -n -L lib/trace -f lib/trace/diff.jq --rawfile a A --rawfile b B
#
# Compared is what happened and in which order: not when, and no number that the
# kernel deals out. Instead of its SEQNUM a uevent has its turn: "add sda2 (2)" is the
# second `add` of sda2; so has each appearing or going of a node. An mdev goes by its uevent.
#
# Output: one object
#   same           nothing parts them
#   common         so many steps are the same from the beginning
#   a, b           each {version: of the trace (null: it is none), strange: lines
#                  that hold no object, options, verdict, steps, parts: the first step that differs, before and after: the steps around it, only: what
#                  nowhere happens in the other}; a step is {t_us, kind, what}
#   nodes          where their nodes part, other things aside: {common, a, b}
include "trace";
include "blame";

# The turn of each uevent among those of the same action and device.
def turns: .names as $names
  | reduce (.records[] | select(.event == "uevent")) as $one ({of: {}, seen: {}};
      "\($one.action) \($names[$one.seqnum | tostring])" as $what
      | .seen[$what] = (.seen[$what] // 0) + 1
      | .of[$one.seqnum | tostring] = "\($what) (\(.seen[$what]))")
  | .of;

# What a helper works on, though its uevent may be lost.
def work($turns): if is_helper then $turns[.seqnum | tostring] // "\(.action) \(.device) (?)" else process_words end;

def step($trace; $turns):
  if .event == "uevent" then "uevent \($turns[.seqnum | tostring])"
  elif .event == "process" then
    (if .process == null then .program // "a process" else $trace.processes[.process] | "\(.program // "process"): \(work($turns))" end)
    + (if .state == "start" then " starts" else " ends\(end_words)" end)
  elif .event == "node" then
    "\(.path) \(if .state == "gone" then "gone" else "appeared" end)\(if .target then " -> \(.target)" else "" end), by "
    + (if .process == null then .by // "unknown" else $trace.processes[.process] | helper($trace) | "\(.program // "a process"): \(work($turns))" end)
  elif .event == "mark" then "-- \(.what)" + (if .text and .what != "held-up" then " (\(.text))" else "" end)
  elif .event == "mount" then "\(.device) \(.state) \(.path) \(.fstype // "")" + (if .recovery_before != null then ", recovery \(.recovery_before), \(.recovery_after)" else "" end)
  elif .event == "listing" then "\(.moment): \(.path) is missing"
  else "lost \(.what)" end
  | plain;

# Things that happen again are counted, so that each is a thing of its own.
def counted: reduce .[] as $one ({seen: {}, out: []};
    .seen[$one.what] = (.seen[$one.what] // 0) + 1 | .out += [$one + {key: "\($one.what)\t\(.seen[$one.what])"}]) | .out;

def steps: . as $trace | turns as $turns
  | [.records[] | select(is_shown($trace)) | {t_us, kind: .event, what: step($trace; $turns)}] | counted;

def common_length($a; $b): [$a | length, ($b | length)] | min as $n | first((range($n) | select($a[.].key != $b[.].key)), $n);
def keys_of: reduce .[] as $one ({}; .[$one.key] = true);
def only($others): ($others | keys_of) as $has | map(select((.kind == "node" or .kind == "uevent" or .kind == "listing") and ($has[.key] | not)));
def bare: del(.key);
def side($trace; $steps; $others; $n):
  {version: $trace.options.version, strange: $trace.strange, options: ($trace.options | del(.event, .host_ms)), verdict: ($trace | verdict | .sentence), steps: ($steps | length),
   parts: ($steps[$n] // null | if . then bare else . end), before: ($steps[([$n - 3, 0] | max):$n] | map(bare)), after: ($steps[$n + 1:$n + 5] | map(bare)),
   only: ($steps | only($others) | map(bare))};

def read(text): [text | split("\n")[] | select(. != "")] as $lines
  | parsed($lines[]) as $objects
  | ($objects | trace) + {strange: (($lines | length) - ($objects | length))};

read($a) as $first | read($b) as $second
| ($first | steps) as $one | ($second | steps) as $two
| common_length($one; $two) as $n
| ([$one[] | select(.kind == "node")]) as $nodes_one | ([$two[] | select(.kind == "node")]) as $nodes_two
| common_length($nodes_one; $nodes_two) as $nodes
| {
    same: ($n == ($one | length) and $n == ($two | length)),
    common: $n,
    a: side($first; $one; $two; $n),
    b: side($second; $two; $one; $n),
    nodes: {common: $nodes, a: ($nodes_one[$nodes] // null | if . then bare else . end), b: ($nodes_two[$nodes] // null | if . then bare else . end)}
  }
