#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The picture of a boot trace in a real browser: it is read as SVG, with all its
# lanes and bars, nothing in it runs, and there is something to be seen.
# shellcheck disable=SC2016,SC2154  # $ is for another shell; work and source_tree come from tap.sh
tests=$(dirname "$0")/..
# shellcheck source=/dev/null  # checked by itself
. "$tests/lib/tap.sh"

jqs=$source_tree/hostscripts/lib/trace
need "pictures in a browser" chromium || done_testing
cd "$work" || exit 1

# browse OPTION...: as root it needs its own leave to run without a sandbox; what it shows is ours.
browse() {
	HOME=$work timeout -k 5 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions \
		--user-data-dir="$work/profile" --hide-scrollbars "$@" 2>>browser-says
}

# A page around the picture, which counts what the browser has made of it, and
# where it lies.
page() {
	cat <<'HTML'
<!DOCTYPE html><meta charset="utf-8"><title>untouched</title><style>body { margin: 0 } svg { display: block }</style>
HTML
	cat "$1"
	cat <<'HTML'
<pre id="facts"></pre>
<script>
const svg = document.querySelector("svg")
const all = what => [...svg.querySelectorAll(what)]
const box = what => what.getBoundingClientRect()
const frame = box(svg)
const inside = one => { const b = box(one); return b.left >= frame.left && b.right <= frame.right + 0.5 && b.top >= frame.top && b.bottom <= frame.bottom + 0.5 }
const apart = (a, b) => a.right <= b.left + 0.5 || b.right <= a.left + 0.5 || a.bottom <= b.top + 0.5 || b.bottom <= a.top + 0.5
const overlapping = what => { const b = all(what).map(box); return b.flatMap((one, i) => b.slice(i + 1).filter(other => !apart(one, other))).length }
const line = (name, value) => document.getElementById("facts").append(name + "=" + value + "\n")
line("lanes", all(".lane").map(lane => lane.dataset.name).join(" "))
line("mdevs", all(".lane .mdev").length)
line("guilty", all(".lane .guilty").map(bar => bar.querySelector("title").textContent.split("\n")[0]).join(" "))
line("missing", all(".lane .missing").length)
line("presence", all(".lane .presence").length)
line("uevents", all(".lane .uevent").length)
line("marks", all(".mark").length)
line("invisible", all(".lane rect, .lane path").filter(one => box(one).width <= 0 || box(one).height <= 0).length)
line("outside", all("text, rect, path").filter(one => !one.closest("defs") && !inside(one)).length)
line("overlapping", overlapping(".lane .process") + overlapping(".tick text, .folded text") + overlapping(".mark text"))
line("strangers", all("script, foreignObject, image, a, b").length)
line("guilty-colour", all(".lane .guilty").map(bar => getComputedStyle(bar).stroke).join(" "))
line("thread", all(".thread").map(one => Math.abs(box(one).left - box(all(".lane .missing")[0]).left) < 2).join(" "))
line("title", document.title)
</script>
HTML
}

# look NAME: draws the picture, and lets the browser say what it sees
look() {
	jq -nRr -L "$jqs" -f "$jqs/svg.jq" "$tests/traces/$1.jsonl" >"$1.svg"
	page "$1.svg" >"$1.html"
	browse --window-size=1200,800 --virtual-time-budget=3000 --dump-dom "file://$work/$1.html" | sed -n '/<pre id="facts">/,/<\/pre>/p' | sed 's/<[^>]*>//g' >facts
}
fact() { sed -n "s/^$1=//p" facts; }

# shoot NAME COLOUR...: a screenshot of the SVG by itself; is it a PNG of the size asked for
shoot() {
	browse --window-size=1200,520 --screenshot="$work/$1.png" "file://$work/$1.svg" >/dev/null
}
# PNG: 8 bytes of signature, then IHDR with width and height
png_size() { od -An -j 16 -N 8 -t u1 "$1" | awk '{ print $1 * 16777216 + $2 * 65536 + $3 * 256 + $4, $5 * 16777216 + $6 * 65536 + $7 * 256 + $8 }'; }

look bad
[ -s facts ] || tail -n 5 browser-says | sed 's/^/# /'
is "bad: lanes" "$(fact lanes)" "sda sda1 sda2 programs"
is "bad: mdevs, guilty, missing" "$(fact mdevs), $(fact guilty), $(fact missing)" "5, mdev: remove sda2 SEQNUM 1234, pid 452, 1"
is "bad: bars of nodes, uevents, marks" "$(fact presence) $(fact uevents) $(fact marks)" "6 5 6"
is "bad: all has a size, lies inside, and apart" "$(fact invisible) $(fact outside) $(fact overlapping)" "0 0 0"
is "bad: the guilty one is drawn in its own colour" "$(fact guilty-colour)" "rgb(207, 34, 46)"
is "bad: a thread leads to where the gap begins" "$(fact thread)" true
look good
is "good: nothing is guilty or missing" "$(fact lanes), $(fact mdevs), $(fact guilty), $(fact missing)" "sda sda1 sda2 programs, 5, , 0"
is "good: all has a size, lies inside, and apart" "$(fact invisible) $(fact outside) $(fact overlapping)" "0 0 0"
look hostile
is "hostile: names are text, and nothing of them runs" "$(fact lanes), $(fact strangers), $(fact title)" "vda vda1 vda2 programs, 0, untouched"
is "hostile: all has a size, and lies inside" "$(fact invisible) $(fact outside)" "0 0"

# By itself, as a user opens it.
echo '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="520"/>' >blank.svg
for name in blank bad good; do
	shoot $name
	is "$name: the screenshot is a PNG" "$(od -An -N 8 -t x1 $name.png | tr -d ' '), $(png_size $name.png)" "89504e470d0a1a0a, 1200 520"
done
size() { wc -c <"$1.png"; }
ok "an empty picture is a small file" test "$(size blank)" -lt 8192
ok "the picture is not empty" test "$(size bad)" -gt $((4 * $(size blank) + 16384))
ok "nor is the good one, and it is another" sh -c 'test "$1" -gt "$2" && ! cmp -s good.png bad.png' - "$(size good)" $((4 * $(size blank) + 16384))
done_testing
