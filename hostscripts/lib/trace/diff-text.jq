# SPDX-License-Identifier: GPL-2.0-or-later
# What diff.jq found -> lines for people.
#
#   jq -r -L lib/trace -f lib/trace/diff-text.jq --arg a NAME --arg b NAME [--argjson columns 80]
#
# Input: its object. Output: lines, none wider than `columns`.
include "trace";

($ARGS.named.columns // 80) as $columns
| def row($sign): (.t_us | seconds(6)) as $time | "\($sign) " + spaces(10 - ($time | length)) + "\($time)  \(.what)" | cut($columns);
  def part($it; $sign; $rest): if $it == null then "\($sign) \(spaces(10))  (its end)" else $it | row($sign) end, ($rest[] | row($sign));
  def only($sign; $name): .only | select(length > 0) | "", ("only in \($name):" | cut($columns)), (.[:20][] | row($sign)), (select(length > 20) | "\($sign) and \(length - 20) more");
  def words($sign): "\($sign) \(.verdict)" | wrap($columns)[];
  ($ARGS.named.a | plain) as $a | ($ARGS.named.b | plain) as $b
| ("A \($a)" | cut($columns)), ({options: .a.options} | options_line | wrap($columns - 2)[] | "  " + .),
  ("B \($b)" | cut($columns)), ({options: .b.options} | options_line | wrap($columns - 2)[] | "  " + .),
  "",
  (if .same then "The same happened in both, in the same order: \(.common) steps."
   else
     "The first \(.common) steps are the same; A has \(.a.steps), B \(.b.steps). Then they part:",
     "",
     (.a.before[] | row(" ")),
     part(.a.parts; "A"; .a.after),
     part(.b.parts; "B"; .b.after),
     (.nodes | select(.a != .b)
       | select((.a.what // "") != (.b.what // ""))
       | "", "The nodes alone are the same for \(.common) steps, and part here:", part(.a; "A"; []), part(.b; "B"; [])),
     (.a | only("A"; $a)),
     (.b | only("B"; $b))
   end),
  "",
  (.a | words("A")),
  (.b | words("B"))
