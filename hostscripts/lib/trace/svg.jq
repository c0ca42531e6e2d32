# SPDX-License-Identifier: GPL-2.0-or-later
# A boot trace -> one picture: lanes by device, in each a bar where its node is
# there, its uevents, and its mdevs as bars. It stands alone, and is dark where
# the reader is.
#
#   jq -nRr -L lib/trace -f lib/trace/svg.jq [--arg window table|all] TRACE >trace.svg
#
# Input: the raw lines of a trace. Output: SVG, without scripts and without
# anything from elsewhere. The window `table` (the default) begins when the
# partition table is written; a trace without that is shown whole.
include "trace";
include "blame";
include "svg-scale";
include "svg-draw";
include "svg-lanes";

def picture_width: 1200;
def left: 170;
def right: picture_width - 20;

def window($which):
  . as $trace
  | ([.records[] | select(.event == "mark" and .what == "table-write") | .t_us] | first) as $write
  | (if $which == "all" or $write == null then .begin_us else $write end) as $from
  | {from: $from, to: ([.end_us, $from + 1000] | max)};

# All that is drawn begins or ends at one of these.
def times($view):
  [$view.from, $view.to, (.records[] | select((.event == "uevent" or .event == "process" or .event == "node" or .event == "mark" or .event == "listing") and .t_us > $view.from and .t_us < $view.to) | .t_us)];

def mark_labels($view):
  [.records[] | select(.event == "mark" and .t_us >= $view.from and .t_us <= $view.to)
    | {x1: (.t_us | x_of($view.pieces)), t_us, title: "\(.what)\(if .text then ": \(.text)" else "" end)"}
    | .x2 = .x1 | .label = (.title | plain | cut(34)) | placed(right)]
  | pack;

# Ticks in the stretches that are drawn to scale; folded ones say how long they
# are. A label that would lie on another is left out.
def axis_labels($view):
  [ (ticks($view.pieces) | .decimals as $n | {x: (.t | x_of($view.pieces)), label: "\(.t | seconds($n)) s", tick: true}),
    ($view.pieces[] | select(.folded) | {x: ((.left + .right) / 2), label: (.to - .from | duration), tick: false}) ]
  | map(.half = (.label | length) * em / 2 + 3)
  # Folded ones first: they are few, and say more.
  | reduce sort_by(.tick, .x)[] as $one ([];
      if any(.[]; (.x - $one.x | fabs) < .half + $one.half) then . else . + [$one] end);

def draw_folds($view; $y; $bottom):
  $view.pieces[] | select(.folded)
  | "<rect x=\"\(.left | r)\" y=\"\($y)\" width=\"\(.right - .left | r)\" height=\"\($bottom - $y)\" class=\"fold\"><title>nothing happens for \(.to - .from | duration)</title></rect>";

def draw_axis($view; $y; $bottom):
  axis_labels($view)[] | . as $it
  | "<g class=\"\(if .tick then "tick" else "folded" end)\">",
    (if .tick then line(.x; $y + 18; .x; $bottom; "grid") else empty end),
    (.label | text($it.x; $y + 13; if $it.tick then "small mid" else "dim mid" end)),
    "</g>";

def draw_mark($y; $bottom):
  . as $it | ($y + 14 + .row * 16) as $at
  | "<g class=\"mark\"><title>\("\(.title), \(.t_us | at)" | esc)</title>", line(.x1; $at - 10; .x1; $bottom; "mark-line"), label_at($at), "</g>";

def legend($y):
  def box($x; $class): "<rect x=\"\($x)\" y=\"\($y - 10)\" width=\"22\" height=\"12\" rx=\"2\" class=\"\($class)\"/>";
  def entry($x): text($x + 28; $y; "dim");
  "<g class=\"legend\">",
  box(20; "node"), ("node is there" | entry(20)),
  box(136; "link"), ("link is there" | entry(136)),
  box(246; "missing"), ("missing" | entry(246)),
  (["add", 336], ["remove", 394], ["change", 476] | . as [$action, $x] | ($action | "<path d=\"M\($x + 16) \($y - 4)\(mark_path($action))\" class=\"uevent \($action)\"/>"), ("\($action)" | entry($x))),
  box(560; "process mdev add"), box(584; "process mdev remove"), box(608; "process mdev change"), ("mdev, by its SEQNUM" | entry(608)),
  box(772; "process mdev remove guilty"), ("mdev that unlinked a missing node" | entry(772)),
  box(1004; "fold"), ("nothing happens" | entry(1004)),
  "</g>";

($ARGS.named.window // "table") as $which
| (parsed(inputs) | trace) as $trace
| ($trace | verdict) as $verdict
| ($trace | window($which)) as $window
| ($window + {left: left, right: right, pieces: scale($trace | times($window); left + 6; right - 6)}) as $view
| ($trace | mark_labels($view)) as $marks
| ($verdict.sentence | wrap(170)) as $sentence
| (if $trace.options == {} then "Boot trace" else "Boot trace: \($trace | options_line)" end) as $title
| (34 + ($sentence | length) * 17 + 8) as $marks_at
| ($marks_at + (($marks | map(.row) | max // -1) + 1) * 16 + 6) as $axis_at
| ($view + {top: ($axis_at + 24)}) as $view
| lanes($trace; $view; $verdict) as $lanes
| (($lanes | last | if . then .y + .height else $view.top end) + 4) as $bottom
| ($bottom + 34) as $height
| "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(picture_width)\" height=\"\($height)\" viewBox=\"0 0 \(picture_width) \($height)\" role=\"img\">",
  "<title>\($title | esc)</title>", "<desc>\($verdict.sentence | esc)</desc>",
  "<style>\(style)</style>", patterns, "<rect width=\"100%\" height=\"100%\" class=\"back\"/>",
  ($title | text(20; 26; "title")),
  ($sentence | to_entries[] | .key as $i | .value | text(20; 47 + $i * 17; "verdict")),
  ($lanes[] | draw_back($view)),
  draw_folds($view; $axis_at + 18; $bottom), draw_axis($view; $axis_at; $bottom),
  ($lanes[] | draw_lane($view)),
  ($marks[] | draw_mark($marks_at; $bottom)),
  legend($height - 12),
  "</svg>"
