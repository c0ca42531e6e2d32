# SPDX-License-Identifier: GPL-2.0-or-later
# What lies in each lane of the picture: a lane for each disk and partition, one
# for the programs, and one for all other mdevs. Lanes are made first, as data
# with their heights, and drawn when it is known where they lie.
include "trace";
include "svg-scale";
include "svg-draw";

def row_height: 19;
def natural: [scan("[0-9]+|[^0-9]+") | tonumber? // .];

# --- bars and marks, placed in rows ---

def process_bars($trace; $view; $verdict; labelled):
  ([$verdict.missing[].blame | values | [.pid, .started_us]]) as $guilty
  | map(. as $it | ($it | running_until($trace)) as $until
    | select($it.started_us <= $view.to and $until >= $view.from)
    | . + {x1: (.started_us | x_of($view.pieces)), x2: ($until | x_of($view.pieces)), until: $until, label: labelled,
        guilty: ([.pid, .started_us] | . as $key | any($guilty[]; . == $key))}
    | placed($view.right))
  | pack;

def process_title:
  "\(.program // "process"): \(process_words), pid \(.pid)\n\(.started_us | at) to \(if .ended_us then "\(.ended_us | at), \(.ended_us - .started_us | duration)\(end_words)" else "an end that was not seen" end)"
  + (if is_helper and .command then "\n\(.command)" else "" end) + (if .guilty then "\nIt unlinked the node that is missing." else "" end);

def process_class: "process \(if is_helper then "mdev \(.action | action_class)" else "program other" end)\(if .ended_us then "" else " open" end)\(if .guilty then " guilty" else "" end)";

def uevent_marks($trace; $view; $device):
  [$trace.records[] | select(.event == "uevent" and $trace.names[.seqnum | tostring] == $device and is_disk and .t_us >= $view.from and .t_us <= $view.to)
    | . + {x: (.t_us | x_of($view.pieces)), label: (.seqnum | tostring)} | . + {x1: (.x - 6), x2: (.x + 6)} | placed($view.right)]
  | pack;

# --- presence ---

# [{from, to, by}] of a path, within the window. What is first seen to go was
# there before.
def presence($trace; $view; $path):
  [$trace.records[] | select(.event == "node" and .path == $path)] as $all
  | ([$trace.records[] | select(.event == "listing" and .path == $path)] | first) as $listed
  | (if $all == [] and $listed.present then {since: $trace.begin_us, by: null} elif $all[0].state == "gone" then {since: $trace.begin_us, by: null} else {since: null} end)
  | reduce $all[] as $one (. + {bars: []};
      if $one.state == "appeared" and .since == null then .since = $one.t_us | .by = $one.by
      elif $one.state == "gone" and .since != null then .bars += [{from: .since, to: $one.t_us, by, gone_by: $one.by}] | .since = null
      else . end)
  | .bars + (if .since != null then [{from: .since, to: $trace.end_us, by, gone_by: null}] else [] end)
  | map(select(.from <= $view.to and .to >= $view.from));

def gap($trace; $view; $path; $verdict):
  $verdict.missing[] | select(.path == $path)
  | (.since_us // .listed_us) as $from
  | ([$trace.records[] | select(.event == "node" and .path == $path and .state == "appeared" and .t_us > $from) | .t_us] | first // $trace.end_us) as $to
  | {from: $from, to: $to, blame, clause};

def paths_of($trace; $device):
  ["/dev/\($device)"]
  + ([$trace.records[] | select(.event == "node" or .event == "listing") | .path | select($trace.targets[.] == $device)] | unique);

# --- lanes ---

def device_lane($trace; $view; $verdict; $device):
  {kind: "device", name: $device, device: $device,
    paths: [paths_of($trace; $device)[] | {path: ., bars: presence($trace; $view; .), gaps: [gap($trace; $view; .; $verdict)]}],
    marks: uevent_marks($trace; $view; $device),
    processes: ([$trace.processes[] | select(is_helper and .device == $device)] | process_bars($trace; $view; $verdict; "\(.seqnum) \(.action)"))};

def lanes($trace; $view; $verdict):
  [ ($trace.disks | to_entries | sort_by([.value.disk, .value.partition, (.key | natural)])[] | device_lane($trace; $view; $verdict; .key)),
    ([$trace.processes[] | select(is_shown_process($trace) and (is_helper | not))]
      | {kind: "programs", name: "programs", processes: process_bars($trace; $view; $verdict; .command // .program // "" | plain | cut(40))}),
    ([$trace.processes[] | select(is_helper and (is_disk | not))]
      | {kind: "others", name: "others", processes: process_bars($trace; $view; $verdict; "")}) ]
  | map(select(.kind == "device" or .processes != []))
  | map(.mark_rows = ((.marks // [] | map(.row) | max // -1) + 1) | .process_rows = ((.processes | map(.row) | max // -1) + 1)
    | .height = (if .kind == "others" then .process_rows * 6 + 22
        else 8 + ((.paths // [] | length) + .mark_rows + .process_rows) * row_height + 4 end)
    | .height = ([.height, 30] | max))
  | reduce .[] as $lane ({y: $view.top, lanes: []}; .lanes += [$lane + {y: .y}] | .y += $lane.height + 4)
  | .lanes;

# --- drawing ---

def draw_presence($view; $y):
  . as $row | (if .path | startswith("/dev/disk/") then "link" else "node" end) as $class
  | (.bars[] as $bar
      | "\($row.path)\nthere from \($bar.from | at)\(if $bar.by then ", made by \($bar.by)" else "" end)\(if $bar.gone_by then "\nuntil \($bar.to | at), removed by \($bar.gone_by)" else "" end)"
      | rect($bar.from | x_of($view.pieces); $y + 3; $bar.to | x_of($view.pieces); 12; "presence \($class)")),
    (.gaps[] as $gap
      | ($gap.from | x_of($view.pieces)) as $x1 | ($gap.to | x_of($view.pieces)) as $x2
      | ("\($row.path)\nmissing from \($gap.from | at) to \($gap.to | at), \($gap.clause)" | rect($x1; $y + 2; $x2; 14; "missing")),
        (if $x2 - $x1 > 70 then "<rect x=\"\(($x1 + $x2) / 2 - 28 | r)\" y=\"\($y + 3)\" width=\"56\" height=\"12\" rx=\"3\" class=\"back\"/>", ("missing" | text(($x1 + $x2) / 2; $y + 13; "bad-text mid")) else empty end));

def draw_process($y; $height): . as $it
  | (process_title | rect($it.x1; $y; $it.x2; $height; $it | process_class)), label_at($y + 11.5);

# A thread from the guilty mdev up to the moment at which the node was gone.
def draw_thread($lane; $view; $first_process):
  .row as $path_row | .gaps[] | select(.blame) | . as $gap
  | ($lane.processes[] | select(.guilty and .pid == $gap.blame.pid and .started_us == $gap.blame.started_us)) as $it
  | ($gap.from | x_of($view.pieces)) as $x
  | line($x; $lane.y + 4 + $path_row * row_height + 16; $x; $first_process + $it.row * row_height + 2; "thread");

def draw_back($view): "<rect x=\"10\" y=\"\(.y)\" width=\"\($view.right - 4)\" height=\"\(.height)\" rx=\"4\" class=\"lane-back\"/>";

def draw_lane($view):
  . as $lane
  | ($lane.paths // [] | length) as $paths
  | ($lane.y + 4) as $top
  | ($top + $paths * row_height) as $marks_at
  | ($marks_at + .mark_rows * row_height) as $processes_at
  | "<g class=\"lane \(.kind)\" data-name=\"\(.name | esc)\">",
    (.name | cut(18) | text(20; $lane.y + 18; "name")),
    (if .kind == "device" then
      (.paths | to_entries[] | .key as $i | .value
        | (if $i == 0 then "node" else .path | base | cut(15) end | text($view.left - 10; $top + $i * row_height + 13; "dim end")),
          draw_presence($view; $top + $i * row_height)),
      (select(.mark_rows > 0) | "uevents" | text($view.left - 10; $marks_at + 13; "dim end")),
      (.marks[] | . as $it
        | ("uevent \(.action) \($lane.name) SEQNUM \(.seqnum)\n\(.t_us | at)" | uevent_mark($it.x; $marks_at + $it.row * row_height + 9; $it.action)),
          label_at($marks_at + $it.row * row_height + 13)),
      (select(.process_rows > 0) | "mdev" | text($view.left - 10; $processes_at + 13; "dim end")),
      (.processes[] | .row as $row | draw_process($processes_at + $row * row_height + 1; 15)),
      (.paths | to_entries[] | (.value + {row: .key}) | draw_thread($lane; $view; $processes_at))
    elif .kind == "programs" then
      .processes[] | .row as $row | draw_process($top + $row * row_height + 2; 15)
    else
      ("\($lane.processes | length) mdev\(if ($lane.processes | length) == 1 then "" else "s" end)" | text($view.left - 10; $lane.y + 18; "dim end")),
      (.processes[] | .row as $row | draw_process($lane.y + 11 + $row * 6; 4))
    end),
    "</g>";
