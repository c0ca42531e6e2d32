# SPDX-License-Identifier: GPL-2.0-or-later
# The summary as one static page, XML too: bars, then a list; those that are not as asked first.
include "fleet";

def text: tostring | visible | @html;
def shown: 10000;
def gib: if . == null then "" else . / 1073741824 * 100 | floor / 100 | "\(.) GiB" end;
def order: {done: 7, nothing: 6, left: 5, waiting: 4, refused: 3, host: 2, damaged: 1, fault: 0};

. as $all
| ([$all.total, 1] | max) as $whole
| "<!DOCTYPE html>
<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><meta charset=\"utf-8\"/><title>\($all.total) disks</title>
<style>
body { font: 14px sans-serif; margin: 2em auto; max-width: 75em; color: #1f2328 }
.bar { display: flex; height: 24px; margin: 1em 0 }
.bar div { min-width: 2px }
table { border-collapse: collapse }
td, th { text-align: left; padding: 3px 12px 3px 0; vertical-align: top; border-bottom: 1px solid #d0d7de; overflow-wrap: anywhere }
.key { display: inline-block; width: 12px; height: 12px; margin-right: 6px }
.number { text-align: right }
</style></head><body>
<h1>\($all.total) disks</h1>
<div class=\"bar\">",
(states[] | . as [$state, $title, $colour] | select($all.states[$state] > 0)
	| "<div class=\"\($state)\" title=\"\($title): \($all.states[$state])\" style=\"background: \($colour); flex: \($all.states[$state])\"></div>"),
"</div>
<table class=\"states\"><tbody>",
(states[] | . as [$state, $title, $colour] | select($all.states[$state] > 0)
	| "<tr class=\"state\"><th><span class=\"key\" style=\"background: \($colour)\"></span>\($title)</th><td class=\"number\">\($all.states[$state])</td><td class=\"number\">\($all.states[$state] * 1000 / $whole | round / 10) %</td></tr>",
	  ($all.reasons[] | select(.state == $state) | "<tr class=\"reason\"><td>\(.reason | text)</td><td class=\"number\">\(.count)</td><td></td></tr>")),
"</tbody></table>
<p>\($all.grown_bytes | gib) more on disks; \($all.seconds) seconds of work.</p>
<table class=\"images\"><thead><tr><th>image</th><th>size</th><th>state</th><th>host</th><th>tries</th><th></th></tr></thead><tbody>",
($all.images | sort_by(order[.state]) | .[:shown][] |
	"<tr class=\"image\"><td>\(.image | text)</td><td>\(if .size_before_bytes then "\(.size_before_bytes | gib) → \(.size_after_bytes | gib)" else .size // "" end | text)</td><td>\(.state)</td><td>\(.host // "" | text)</td><td>\(.tries)</td><td>\(if .message then "\(.message) \(.hint // "") [\(.reason)]" else "" end | text)</td></tr>"),
"</tbody></table>\(if $all.total > shown then "<p>\($all.total - shown) more are not shown: <code>grow-fleet --status DIR --json</code> has all.</p>" else "" end)
</body></html>"
