# SPDX-License-Identifier: GPL-2.0-or-later
# Where a time lies in the picture. What matters takes milliseconds, with
# seconds of waiting between: stretches in which nothing happens are folded.
# Their width grows with the logarithm of their length only.
include "trace";

# scale TIMES LEFT RIGHT: the times (of the window's ends as well) -> pieces
# [{from, to, left, right, folded}] without a hole.
def scale($times; $left; $right):
  ($times | unique) as $times
  | ([20000, ($times[-1] - $times[0]) * 0.02] | max) as $long
  | [range($times | length - 1) | {from: $times[.], to: $times[. + 1]} | .folded = (.to - .from >= $long)]
  | reduce .[] as $one ([]; if length > 0 and (.[-1].folded or $one.folded | not) then .[-1].to = $one.to else . + [$one] end)
  | ($right - $left) as $width
  | map(if .folded then .wish = 36 + 22 * ((.to - .from) / $long | log2) else . end)
  | (map(.wish // 0) | add // 0) as $wished
  | ([.[] | select(.folded | not) | .to - .from] | add // 0) as $open
  | (if $open == 0 then $width else [$wished, 0.45 * $width] | min end) as $folds
  | reduce .[] as $one ({x: $left, pieces: []};
      (if $one.folded then $one.wish * $folds / $wished else ($width - $folds) * ($one.to - $one.from) / $open end) as $w
      | .pieces += [$one + {left: .x, right: (.x + $w)}] | .x += $w)
  | .pieces;

def x_of($pieces):
  . as $t
  | if $t <= $pieces[0].from then $pieces[0].left elif $t >= $pieces[-1].to then $pieces[-1].right else
      first($pieces[] | select($t >= .from and $t <= .to)) | .left + (.right - .left) * ($t - .from) / (.to - .from)
    end;

# Times for the axis, 1, 2 or 5 of a power of ten apart, with the decimals that
# tell them apart: [{t, decimals}].
def ticks($pieces):
  ([$pieces[] | select(.folded | not)]) as $open
  | select($open != [])
  | ($open[0] | (.right - .left) / (.to - .from)) as $per_us
  | (75 / $per_us) as $least
  | first(range(0; 10) as $k | (1, 2, 5) * pow(10; $k) | select(. >= $least)) as $step
  | ([0, 6 - ($step | log10 + 0.0001 | floor)] | max) as $decimals
  | $open[] | range(.from / $step | ceil; (.to / $step | floor) + 1) | {t: (. * $step), decimals: $decimals};

# Rows for what must not overlap: each with its own first and last x.
def pack:
  reduce (sort_by(.first)[]) as $one ({ends: [], packed: []};
    (.ends | map(. <= $one.first) | index(true) // length) as $row
    | .ends[$row] = $one.last + 3
    | .packed += [$one + {row: $row}])
  | .packed;
