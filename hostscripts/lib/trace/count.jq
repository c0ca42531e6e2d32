# SPDX-License-Identifier: GPL-2.0-or-later
# Results of many runs -> tables of counts: in how many of them a node was
# missing, per combination of the choices, and per choice where there are more
# than one.
#
#   jq -nr -L lib/trace -f lib/trace/count.jq [--arg form plain|markdown] [RESULTS]
#
# Input: objects, one a run: {attach, attach_at, seq, log, method, cpus,
# missing: how many nodes, mended: true|false|null, failed: bool}. A run that
# failed says nothing about nodes. Output: lines of text.
include "trace";

def choices: ["attach", "attach_at", "seq", "log", "method", "cpus"];
def titles: {attach_at: "at"};
# Those that any result tells of.
def known: . as $all | choices | map(select(. as $choice | any($all[]; .[$choice] != null)));

def counts:
  map(select(.failed | not)) as $good
  | [$good[] | select((.missing // 0) > 0)] as $missing
  | ["\(length)", "\($missing | length) of \($good | length)",
     (if $missing == [] then "-" else "\([$missing[] | select(.mended == true)] | length) of \($missing | length)" end),
     "\([.[] | select(.failed)] | length)"];
def count_titles: ["runs", "missing", "mended", "failed"];

def word: if . == null then "-" else tostring | plain end;
# Numbers by size, words by name.
def order: if type == "number" then [0, .] else [1, tostring] end;

# Rows of cells, the first of them the titles.
def table($markdown; $left):
  if $markdown then
    map(map(gsub("(?<c>[|\\\\])"; "\\\(.c)") | gsub("<"; "&lt;"))) | .[0], (.[0] | to_entries | map(if .key < $left then "---" else "---:" end)), .[1:][] | "| " + join(" | ") + " |"
  else
    (transpose | map(map(width) | max)) as $widths
    | .[] | to_entries | map(.value as $cell | $widths[.key] as $w
        | if .key < $left then $cell | fill($w) else spaces($w - ($cell | width)) + $cell end)
    | join("  ") | sub(" +$"; "")
  end;

([inputs | objects]) as $runs
| (($ARGS.named.form // "plain") == "markdown") as $markdown
| ($runs | known) as $choices
| ($runs | group_by(. as $run | $choices | map(. as $choice | $run[$choice] | order))) as $groups
| [ ($choices | map(titles[.] // .)) + count_titles,
    ($groups[] | . as $group | ($choices | map(. as $choice | $group[0][$choice] | word)) + ($group | counts)),
    (if ($groups | length) > 1 then (["all"] + ($choices[1:] | map(""))) + ($runs | counts) else empty end) ]
| table($markdown; $choices | length),
  ( [ $choices[] as $choice
      | ($runs | group_by(.[$choice] | order)) | select(length > 1)[]
      | [(titles[$choice] // $choice), (.[0][$choice] | word)] + counts ]
    | select(length > 0 and ($groups | length) > 1)
    | "", ([["choice", "", count_titles[]]] + . | table($markdown; 2)) )
