#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Boot traces as text: the verdict names the one mdev that did it and guesses
# nothing, lines fit the terminal, what is drawn is XML, and trace-diff finds
# where two boots part. The traces are in tests/traces/.
# shellcheck disable=SC2016,SC2034,SC2154  # backquotes and $ are text for others here; tap.sh reads tap_place, and has work and source_tree
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/lib/tap.sh"

jqs=$source_tree/hostscripts/lib/trace
traces=$tests/traces
trace_diff=$source_tree/hostscripts/trace-diff
cd "$work" || exit 1

# render KIND FILE [OPTION]...
render() {
	render_kind=$1 render_file=$2
	shift 2
	jq -nRr -L "$jqs" -f "$jqs/$render_kind.jq" "$@" "$render_file"
}
verdict() { render verdict "$1" | jq -c "$2"; }
# changed NAME FILTER: a trace with some records other than in bad.jsonl
changed() { jq -c "$2" "$traces/bad.jsonl" >"$1"; }
columns() { jq -Rn -L "$jqs" 'include "trace"; [inputs | width] | max'; }
sentence() { verdict "$1" .sentence; }
# has NAME TEXT PART
has() {
	case $2 in
	*"$3"*) is "$1" yes yes ;;
	*) is "$1" "$2" "... $3 ..." ;;
	esac
}

# --- the verdict ---

blame='.missing | map([.path, .cause, .since_us, .blame.seqnum, .blame.action, .blame.pid, .blame.started_us, .blame.ended_us, .readded.seqnum, .readded.t_us, .late_us])'
late='[["/dev/sda2","late-remove",2412000,1234,"remove",452,2198870,2413480,1236,2202000,210000]]'
is "bad: the late mdev, and none but that" "$(verdict "$traces/bad.jsonl" "$blame")" "$late"
is "bad: mended, nothing lost" "$(verdict "$traces/bad.jsonl" '[.mended, .lost, .missing_after_rescan, .held_up]')" '[true,false,[],[]]'
is "bad: in one sentence" "$(sentence "$traces/bad.jsonl")" \
	'"The node of sda2 is missing since 2.412 s because the mdev of `remove` SEQNUM 1234 unlinked it 0.21 s after the kernel had added it again with SEQNUM 1236; `mdev -s` mends it."'
is "pids used again: the one that had it then" "$(verdict "$traces/pids.jsonl" "$blame")" "$late"
is "good: nothing is missing" "$(verdict "$traces/good.jsonl" '[.missing, .mended, .lost, .sentence]')" \
	'[[],null,false,"Every node that the kernel has is there (/dev/sda, /dev/sda1 and /dev/sda2); nothing was lost (SEQNUM 1224 to 1236, none left out)."]'
is "lost: nobody is blamed" "$(verdict "$traces/lost.jsonl" '[.missing[0].cause, .missing[0].blame, .lost, .losses]')" '["unknown",null,true,["3 uevents (SEQNUM 1234 to 1236)"]]'
has "lost: and that is said" "$(sentence "$traces/lost.jsonl")" "records were lost: 3 uevents (SEQNUM 1234 to 1236), so this may not be the whole story"
has "lost: and what is not recorded" "$(sentence "$traces/lost.jsonl")" "but who unlinked it is not recorded, and no mdev of \`remove\` for sda2 is known to have run then"
is "a link: blamed is the mdev whose child removed it" "$(verdict "$traces/hostile.jsonl" '.missing | map([.path[:22], .device, .cause, .blame.seqnum, .blame.pid, .late_us])')" \
	'[["/dev/disk/by-label/<sc","vda2","late-remove",1234,452,210300]]'
is "a link: mdev -s does not mend it" "$(verdict "$traces/hostile.jsonl" '[.mended, .missing_after_rescan[0][:15], .held_up]')" '[false,"/dev/disk/by-la",["mdev of remove \"vda2\" <&'"'"'>"]]' ||
	diag "$(verdict "$traces/hostile.jsonl" .missing_after_rescan)"

gone='.event == "node" and .state == "gone" and .pid == 452'
changed by-time "if $gone then del(.pid) else . end"
is "without a pid: the only mdev that can be meant" "$(verdict by-time "$blame")" "$late"
has "without a pid: the sentence says why it" "$(sentence by-time)" "SEQNUM 1234, the only one running then, unlinked it"
changed two "if $gone then del(.pid) else . end, (select(.pid == 452 and .state == \"start\") | .pid = 999 | .seqnum = 1100 | .t_us -= 10)"
is "without a pid, and two that can be meant: no guess" "$(verdict two '.missing[0] | [.cause, .blame, (.candidates | map(.seqnum))]')" '["unknown",null,[1100,1234]]'
has "and the sentence names both" "$(sentence two)" "2 mdevs of \`remove\` ran then (SEQNUM 1100, 1234)"
changed early "if $gone then .t_us = 2201000 elif .state == \"appeared\" and .t_us == 2201960 then empty else . end"
is "an mdev before the kernel added it again is not late" "$(verdict early '.missing[0] | [.cause, .blame.seqnum, .readded]')" '["mdev",1234,null]'
changed kernel 'if .event == "node" and .path == "/dev/sda2" and .t_us > 2197700 and .t_us < 4000000 then empty else . end'
is "the kernel's own removal is nobody's fault" "$(verdict kernel '.missing[0] | [.cause, .blame, .since_us, .readded.seqnum]')" '["kernel",null,2197610,1236]'
has "and is told as such" "$(sentence kernel)" "the kernel itself removed it then (devtmpfs)"
changed other "if $gone then .pid = 430 | .t_us = 2210000 | .by = \"other\" else . end"
is "another program" "$(verdict other '.missing[0] | [.cause, .blame.program, .blame.pid, .blame.seqnum]')" '["process","fdisk",430,null]'
changed stranger "if $gone then .pid = 4711 else . end"
is "a pid that is not known" "$(verdict stranger '.missing[0] | [.cause, .blame]')" '["unknown",null]'
changed ended 'if .pid == 452 and .state == "end" then .t_us = 2300000 else . end'
is "a pid whose process had ended long before" "$(verdict ended '.missing[0] | [.cause, .blame]')" '["unknown",null]'
changed seen "if $gone then empty else . end"
has "what was never seen to go" "$(sentence seen)" "although it was seen to appear at 2.202 s, and nothing that took it away is recorded"
changed unlisted 'if .event == "listing" then empty else . end'
has "without a listing nothing is claimed" "$(sentence unlisted)" "Nothing can be said of nodes"
changed unscanned 'if .moment == "after-rescan" then empty else . end'
is "mdev -s was not tried" "$(verdict unscanned '[.mended, (.sentence | test("was not tried"))]')" '[null,true]'
changed worse 'if .moment == "after-rescan" and .path == "/dev/sda2" then .present = false else . end'
is "mdev -s does not mend it" "$(verdict worse '[.mended, .missing_after_rescan]')" '[false,["/dev/sda2"]]'
changed hole 'if .event == "uevent" and .seqnum == 1226 then empty else . end'
is "a hole in the numbers is a loss" "$(verdict hole '[.lost, .losses]')" '[true,["no uevent has SEQNUM 1226"]]'
changed counter 'if .moment == "after-rescan" and .event == "seqnum" then .seqnum = 1239 else . end'
is "so is what the kernel has counted and nobody has seen" "$(verdict counter '.losses')" '["no uevent has SEQNUM 1237 to 1239"]'
jq -sc 'reverse | .[]' "$traces/bad.jsonl" >backwards
is "the order of lines does not matter" "$(verdict backwards "$blame")" "$late"
head -c -20 "$traces/bad.jsonl" >cut.jsonl
is "nor half a line at the end" "$(verdict cut.jsonl "$blame")" "$late"
for field in seqnum action devpath devname path target state what moment; do
	changed odd "if has(\"$field\") then .$field = 7 else . end"
	for kind in timeline svg chrome; do
		render $kind odd >odd.out 2>odd.err || printf "%s: %s: %s\n" "$kind" "$field" "$(head -n 1 odd.err)"
	done
done >odds
is "records that make no sense are no fault of ours" "$(cat odds)" ""
changed senseless "if .event == \"node\" then .state = 7 else . end"
has "and are told as lost" "$(sentence senseless)" "records were lost: 9 records that cannot be understood"
changed nvme 'walk(if type == "string" then gsub("/block/sda/sda2"; "/nvme/nvme0/nvme0n1/nvme0n1p2") | gsub("/block/sda/sda1"; "/nvme/nvme0/nvme0n1/nvme0n1p1") | gsub("/block/sda$"; "/nvme/nvme0/nvme0n1") | gsub("(?<d>^|/dev/)sda(?<n>[12])"; "\(.d)nvme0n1p\(.n)") | gsub("(?<d>^|/dev/)sda"; "\(.d)nvme0n1") else . end)'
is "disks of NVMe are disks" "$(verdict nvme '.missing | map([.path, .blame.seqnum, .readded.seqnum])')" '[["/dev/nvme0n1p2",1234,1236]]'
is "and in the timeline" "$(render timeline nvme | grep -c 'nvme0n1p2')" "$(render timeline "$traces/bad.jsonl" | grep -c 'sda2')"
render verdict "$traces/bad.jsonl" --arg form text >words.txt
is "as text: who" "$(grep -c '^  by  *mdev of remove sda2 SEQNUM 1234, pid 452, 2.199 s to 2.413 s$' words.txt)" 1
for name in bad good lost pids hostile; do
	ok "$name: the verdict fits 80 columns" test "$(render verdict "$traces/$name.jsonl" --arg form text | columns)" -le 80
done

# --- the timeline ---

for name in bad good lost pids hostile; do
	for all in false true; do
		ok "$name, all $all: the timeline fits 80 columns" test "$(render timeline "$traces/$name.jsonl" --argjson all $all | columns)" -le 80
	done
	ok "$name: and 60" test "$(render timeline "$traces/$name.jsonl" --argjson all true --argjson columns 60 | columns)" -le 60
	ok "$name: and 120, which some lines use" test "$(render timeline "$traces/$name.jsonl" --argjson all true --argjson columns 120 | columns)" -eq 120
done
render timeline "$traces/bad.jsonl" >lines.txt
is "who took the node" "$(grep 'by pid 452' lines.txt)" "  2.412000  +0.194800  mdev     - /dev/sda2 by pid 452, remove SEQNUM 1234"
is "how long the mdev took" "$(grep 'ends, 0.21 s' lines.txt)" "  2.413480  +0.001480  mdev     ends, 0.21 s: remove sda2 SEQNUM 1234"
is "a mark is a rule" "$(grep -c -e ' -- table-written (fdisk) -------' lines.txt)" 1
is "noise is left out" "$(grep -c -e loop0 -e ttyS0 -e 'Freeing' lines.txt)" 0
is "unless it is asked for" "$(render timeline "$traces/bad.jsonl" --argjson all true | grep -c -e loop0 -e ttyS0 -e 'Freeing')" 7
is "a line for each record that has a time, and a head" "$(render timeline "$traces/bad.jsonl" --argjson all true | wc -l)" "$(($(grep -c t_us "$traces/bad.jsonl") + 1))"
is "the important end of a long path is kept" "$(render timeline "$traces/hostile.jsonl" --argjson all true | grep -c 'deep/end SEQNUM 1227$')" 1
is "what is lost is told" "$(render timeline "$traces/lost.jsonl" | grep -c 'LOST     3 uevents (SEQNUM 1234 to 1236)$')" 1
is "no colours" "$(grep -c "$(printf '\033')" lines.txt)" 0
is "with colours the words are the same" "$(render timeline "$traces/bad.jsonl" --argjson colour true | sed "s/$(printf '\033')\[[0-9;]*m//g" | cmp - lines.txt && echo same)" same
ok "and there are some" sh -c 'grep -q "$(printf "\033")\[33m" "$1"' - "$(render timeline "$traces/bad.jsonl" --argjson colour true >coloured && echo coloured)"
is "recovery of a file system that is mounted" "$(render timeline "$traces/hostile.jsonl" | grep -c 'needs recovery before: yes, after: no')" 1

# --- the picture ---

if need "pictures are XML" xmllint; then
	for name in bad good lost pids hostile; do
		for window in table all; do
			render svg "$traces/$name.jsonl" --arg window $window >"$name-$window.svg"
			ok "$name, $window: the picture is XML" xmllint --noout "$name-$window.svg"
		done
		is "$name: no script, nothing from elsewhere" "$(xmllint --xpath 'count(//*[local-name()="script" or local-name()="image" or local-name()="use" or local-name()="foreignObject" or local-name()="a"]) + count(//@*[local-name()="href" or starts-with(name(), "on")])' "$name-all.svg")" 0
	done
	count() { xmllint --xpath "count(//*[$2])" "$1"; }
	class() { printf 'contains(concat(" ", @class, " "), " %s ")' "$1"; }
	is "a lane for each disk, partition, and the programs" "$(xmllint --xpath '//*[contains(@class, "lane ")]/@data-name' bad-table.svg | tr -d ' \n')" 'data-name="sda"data-name="sda1"data-name="sda2"data-name="programs"'
	is "a bar for each mdev in the window" "$(count bad-table.svg "$(class mdev) and @height=15 and *")" 5
	is "and for each at all" "$(count bad-all.svg "$(class mdev) and *")" 13
	is "one is guilty" "$(xmllint --xpath "string(//*[$(class guilty) and *]/*)" bad-table.svg | head -1)" "mdev: remove sda2 SEQNUM 1234, pid 452"
	is "a gap where the node is missing" "$(xmllint --xpath "string(//*[$(class missing) and *]/*)" bad-table.svg | sed -n 2p | cut -c 1-34)" "missing from 2.412 s to 4.230 s, b"
	is "the good one has neither" "$(count good-all.svg "($(class guilty) or $(class missing)) and *")" 0
	is "nodes are bars" "$(xmllint --xpath "count(//*[@data-name=\"sda2\"]/*[$(class presence)])" good-table.svg)" 3
	is "uevents are marks" "$(count bad-table.svg "$(class uevent) and *")" 5
	is "hostile names are text" "$(xmllint --xpath 'string(//*[local-name()="desc"])' hostile-table.svg | sed "s/💾.*//")" "/dev/disk/by-label/<script>alert(\"1\")&'日本語" ||
		diag "$(xmllint --xpath 'string(//*[local-name()="desc"])' hostile-table.svg)"
	printf '' >nothing
	render svg nothing >nothing.svg
	ok "an empty trace is a picture too" xmllint --noout nothing.svg
	head -n 4 "$traces/bad.jsonl" | render svg /dev/stdin >one.svg
	ok "and one of a single record" xmllint --noout one.svg
fi

# --- for the viewers of Chrome ---

render chrome "$traces/bad.jsonl" >chrome.json
is "each event has what the format wants" "$(jq '[.traceEvents[] | select((.ph | IN("X", "i", "M") | not) or .pid == null or .tid == null or .ts == null or .name == null or (.ph == "X" and (.dur == null or .dur < 0)) or (.ph == "i" and (.s | IN("g", "p", "t") | not)))]' chrome.json)" "[]"
is "milliseconds are shown" "$(jq -r .displayTimeUnit chrome.json)" ms
is "a bar for each process" "$(jq '[.traceEvents[] | select(.cat == "process")] | length' chrome.json)" "$(grep -c '"state":"start"' "$traces/bad.jsonl")"
is "the guilty one" "$(jq -c '.traceEvents[] | select(.args.unlinked_a_missing_node) | [.name, .ts, .dur, .args.pid]' chrome.json)" '["remove 1234",2198870,214610,452]'
is "the node is there, but for two times" "$(jq -c '[.traceEvents[] | select(.cat == "node" and .name == "/dev/sda2") | [.ts, .dur]]' chrome.json)" '[[1703020,494590],[2201960,210040],[4229800,13800]]'
is "marks are for all" "$(jq -r '[.traceEvents[] | select(.cat == "mark" and .s == "g")] | length' chrome.json)" "$(grep -c '"event":"mark"' "$traces/bad.jsonl")"
for name in bad good lost pids hostile; do
	is "$name: what is in a row does not overlap" "$(render chrome "$traces/$name.jsonl" | jq -c '[.traceEvents[] | select(.ph == "X")] | group_by([.pid, .tid]) | map(sort_by(.ts) | range(length - 1) as $i | select(.[$i].ts + .[$i].dur > .[$i + 1].ts) | .[$i].name)')" "[]"
	is "$name: every row has a name" "$(render chrome "$traces/$name.jsonl" | jq -c '[.traceEvents[] | select(.ph == "M" and .name == "thread_name") | [.pid, .tid]] as $named | [.traceEvents[] | select(.ph != "M") | [.pid, .tid]] | unique - $named')" "[]"
done

# --- counts ---

run() { printf '{"attach":"%s","attach_at":"login","seq":"%s","method":"fdisk","cpus":%s,"missing":%s,"mended":%s,"failed":%s}\n' "$@"; }
{
	run scsi no 2 1 true false
	run scsi no 2 0 null false
	run scsi init 2 0 null false
	run usb no 10 2 false false
	run usb no 2 null null true
} >runs
is "counts" "$(jq -nr -L "$jqs" -f "$jqs/count.jq" runs)" 'attach  at     seq   method  cpus  runs  missing  mended  failed
scsi    login  init  fdisk   2        1   0 of 1       -       0
scsi    login  no    fdisk   2        2   1 of 2  1 of 1       0
usb     login  no    fdisk   2        1   0 of 0       -       1
usb     login  no    fdisk   10       1   1 of 1  0 of 1       0
all                                   5   2 of 4  1 of 2       1

choice        runs  missing  mended  failed
attach  scsi     3   1 of 3  1 of 1       0
attach  usb      2   1 of 1  0 of 1       1
seq     init     1   0 of 1       -       0
seq     no       4   2 of 3  1 of 2       1
cpus    2        4   1 of 3  1 of 1       1
cpus    10       1   1 of 1  0 of 1       0'
jq -nr -L "$jqs" -f "$jqs/count.jq" --arg form markdown runs >counts.md
is "as Markdown" "$(sed -n '2,4p' counts.md)" '| --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: |
| scsi | login | init | fdisk | 2 | 1 | 0 of 1 | - | 0 |
| scsi | login | no | fdisk | 2 | 2 | 1 of 2 | 1 of 1 | 0 |'
is "one choice: one line, and no sums" "$(head -n 2 runs | jq -nr -L "$jqs" -f "$jqs/count.jq" | wc -l)" 2

# --- what no kernel says: it takes no longer than other traces ---

{
	cat "$traces/bad.jsonl"
	echo '{"event":"process","t_us":9000000,"state":"start","pid":5,"parent_pid":5,"program":"mdev"}'
	echo '{"event":"node","t_us":9000001,"path":"/dev/sda2","state":"gone","by":"mdev","pid":5}'
	echo '{"event":"uevent","t_us":9000002,"action":"add","devpath":"/devices/x","subsystem":"block","devname":"x","seqnum":1000000000000}'
} >endless.jsonl
for kind in verdict timeline svg chrome; do
	ok "$kind: its own parent, and a million million events that are lost" timeout 20 jq -nRr -L "$jqs" -f "$jqs/$kind.jq" endless.jsonl
done
is "what is lost is told in one piece" "$(verdict endless.jsonl '.lost')" true
ok "trace-diff, too" sh -c 'timeout 20 "$1" "$2" endless.jsonl; [ $? -eq 1 ]' sh "$trace_diff" "$traces/bad.jsonl"

# --- trace-diff ---

# differ [OPTION]... A B: its output in out and err, its status
differ() {
	status=0
	"$trace_diff" "$@" >out 2>err || status=$?
}
differ "$traces/bad.jsonl" "$traces/bad.jsonl"
is "the same" "$status $(grep -c 'The same happened in both, in the same order: 50 steps' out)" "0 1"
changed shifted 'if .t_us then .t_us += 5000 else . end | if .seqnum then .seqnum += 700 else . end | if .first_seqnum then .first_seqnum += 700 else . end | if .pid then .pid += 33 else . end | if .parent_pid then .parent_pid += 33 else . end'
differ --json "$traces/bad.jsonl" shifted
is "other times, pids and SEQNUMs are the same" "$status $(jq .same out)" "0 true"
differ "$traces/good.jsonl" "$traces/bad.jsonl"
is "two that part" "$status" 1
ok "fits 80 columns" test "$(columns <out)" -le 80
is "only in one" "$(sed -n '/^only in .*bad/,/^$/p' out | tail -n +2)" "B   4.217360  after-table: /dev/sda2 is missing
B   4.229800  /dev/sda2 appeared, by mdev: mdev -s"
has "both verdicts" "$(cat out)" "B The node of sda2 is missing since 2.412 s"
differ --json "$traces/good.jsonl" "$traces/bad.jsonl"
is "where" "$(jq -c '[.same, .common, .a.parts.what, .b.parts.what]' out)" '[false,4,"-- seq (on)","-- stage (login)"]'
is "where their nodes part" "$(jq -c '[.nodes.common, .nodes.a.what, .nodes.b.what]' out)" '[7,"/dev/sda1 gone, by mdev: remove sda1 (1)","/dev/sda2 gone, by mdev: remove sda2 (1)"]'
changed longer '., (select(.event == "done") | {event: "mark", what: "more", t_us: 9000000})'
differ --json "$traces/bad.jsonl" longer
is "one goes on where the other ends" "$status $(jq -c '[.common, .a.parts, .b.parts.what]' out)" '1 [50,null,"-- more"]'
differ "$traces/bad.jsonl" "$traces/hostile.jsonl"
ok "hostile names fit too" test "$(columns <out)" -le 80
for wrong in "" "a" "a b c" "--nonsense a b"; do
	# shellcheck disable=SC2086  # words
	differ $wrong
	is "'$wrong' is refused" "$status $(grep -c '^trace-diff: .* See trace-diff --help. \[usage\]$' err)" "2 1"
done
differ "$traces/bad.jsonl" absent
is "no such file" "$status $(cat err)" "10 trace-diff: There is no file absent. [trace-unreadable]"
differ . "$traces/bad.jsonl"
is "a folder" "$status $(cat err)" "10 trace-diff: . is a folder. [trace-unreadable]"
"$trace_diff" "$traces/bad.jsonl" "$traces/bad.jsonl" >/dev/full 2>err
is "no room for what is shown" "$? $(grep -c '\[no-space\]' err)" '30 1'
echo 'not a trace' >prose
differ --json "$traces/bad.jsonl" prose
is "no trace" "$status $(jq -r '.reason, .status' out | tr '\n' ' ')$(cut -d . -f 1 err)" "10 trace-invalid 10 trace-diff: prose is no boot trace"
changed future 'if .event == "trace" then .version = 2 else . end'
differ future "$traces/bad.jsonl"
has "a later version" "$(cat err)" "future is a boot trace of version 2, and only 1 is known"
differ cut.jsonl cut.jsonl
is "half a line is told" "$status $(head -1 err)" "0 trace-diff: cut.jsonl has lines that are no JSON objects: 1; they are passed over"
mkdir bin
for program in sh readlink id tr sed cat; do ln -s "$(command -v $program)" bin/; done
status=0
PATH=$work/bin "$trace_diff" --json "$traces/bad.jsonl" "$traces/bad.jsonl" >out 2>err || status=$?
is "without jq" "$status $(cat out)" '40 {"schema":1,"same":null,"reason":"missing-program","status":40}'
differ --version
is "--version: as in the Makefile" "$(cat out)" "trace-diff $(sed -n 's/^VERSION := //p' "$source_tree/Makefile")"
for shell in dash "busybox sh"; do
	need "trace-diff under $shell" "${shell%% *}" || continue
	# shellcheck disable=SC2086  # words
	is "trace-diff under $shell" "$($shell "$trace_diff" --json "$traces/good.jsonl" "$traces/bad.jsonl" | jq -c '[.same, .common]')" "[false,4]"
done
done_testing
