# SPDX-License-Identifier: GPL-2.0-or-later
# A boot trace -> who took which node away: one sentence, with its evidence.
#
#   jq -nRr -L lib/trace -f lib/trace/verdict.jq [--arg form json|text] [--argjson columns 80] TRACE
#
# Input: the raw lines of a trace. Output: one JSON object
#   missing   [{path, device, listed_us, since_us, cause, clause, late_us, candidates,
#             blame: {seqnum, action, pid, program, command, device, started_us, ended_us}, readded: {seqnum, t_us}}];
#             what is not known is null; `cause` is explained in blame.jq
#   mended    whether mdev -s brought all of them back; null if that was not
#             tried, or nothing was missing
#   missing_after_rescan, present   paths
#   lost      whether anything that happened is not in the trace; losses says what
#   held_up   mdevs that were held up on purpose
#   sentence  all that
# or, with the form text, the sentence and a few lines.
include "trace";
include "blame";

def line($name): ($name | fill(11)) + .;
def evidence($trace):
  (.path | line("missing")),
  (select(.since_us) | "\(.since_us | at)" | line("  since")),
  (.blame | values
    | (if .seqnum then "mdev of \(.action) \(.device) SEQNUM \(.seqnum)" else .command // .program // "?" end
       + ", pid \(.pid), \(.started_us | at) to \(if .ended_us then .ended_us | at else "the end" end)")
    | line("  by")),
  (. as $it | .readded | values | "SEQNUM \(.seqnum) at \(.t_us | at)\(if $it.late_us then ", \($it.late_us | duration) before" else "" end)" | line("  added"));

($ARGS.named.columns // 80) as $columns
| (parsed(inputs) | trace) as $trace
| ($trace | verdict)
| if ($ARGS.named.form // "json") == "json" then . else
    (.sentence | wrap($columns)[]),
    "",
    ((.missing[] | evidence($trace)),
     (select(.missing != []) | if .mended == true then "yes, by mdev -s" elif .mended == false then "not by mdev -s" else "not tried" end | line("mended")),
     (.held_up[] | line("held up")),
     (if .lost then .losses[] else "nothing" end | line("lost"))
     | plain | cut($columns))
  end
