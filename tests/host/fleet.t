#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# grow-fleet on this host, with a stub for the virtual machine: disks that end in every
# way, each old or new, the summary right to the last one; what a manifest may hold;
# what a signal leaves.
# shellcheck disable=SC2016,SC2034,SC2154  # names hold a $; variables come from grow-lib.sh
tests=$(dirname "$0")/.. tap_place=memory
# shellcheck source=/dev/null  # checked by itself
. "$tests/host/grow-lib.sh"
# shellcheck source=/dev/null
. "$tests/lib/fleet.sh"

evil='quote'\''"$(touch owned)`touch owned`<script>&'

disks() {
	fresh
	rm -f "$fleet_killed"
	for name in raw 'a blank' "ün →" "new${newline}line" "$evil" ./-dash nothing smaller unclean breach lacking killed busy locked usage; do make_disk raw "$name"; done
	make_disk qcow2 qcow2
	make_disk qcow2 corrupt
	printf '\377\377\377\377\377\377\377\377' | dd of=corrupt bs=1 seek=40 conv=notrunc status=none
	make_disk raw cut
	truncate -s 60M cut
	qemu-img create -q -f vmdk vmdk 100M
	{
		printf 'raw\t1G\n# a comment\n\n'
		printf 'a blank\t1G\t--rtc 2038-01-19T03:14:00Z -v\r\n'
		for name in "ün →" "new${newline}line" "$evil" -dash unclean breach lacking killed busy locked qcow2 corrupt cut vmdk absent; do fleet_member "$name"; done
		fleet_member nothing ''
		fleet_member smaller 64M
		fleet_member usage 1G --partition frog
	} >m
	fleet_take ./* -dash
}

# Every disk, what becomes of it, and what the summary says.
fates() {
	while IFS='|' read -r label fate state; do
		name=$label
		case $name in
		line) name=new${newline}line ;;
		evil) name=$evil ;;
		esac
		is "$1: $label" "$(fleet_fate "$name"), $(fleet_state "$name")" "$fate, $state"
	done <<-'END'
		raw|new|done -
		a blank|new|done -
		ün →|new|done -
		line|new|done -
		evil|new|done -
		-dash|new|done -
		killed|new|done -
		busy|new|done -
		qcow2|new|done -
		nothing|old|nothing -
		smaller|old|refused size-smaller
		usage|old|refused usage
		vmdk|old|refused image-format
		absent|absent|refused image-not-found
		corrupt|old|damaged image-corrupt
		cut|old|damaged image-truncated
		unclean|old|damaged fs-unclean
		locked|old|waiting image-locked
		lacking|old|host no-qemu
		breach|old|fault fence-breach
	END
}

whole_fleet() {
	disks
	fleet_hold locked
	locked=$holder
	fleet_hold busy
	fleet_release 10 "$holder" &
	releaser=$!
	fleet_program --json --jobs 3 --tries 3 --delay 1 m
	wait "$releaser"
	is "status: some are to be tried again" "$status" 30
	is "the counts" "$(jq -c .states "$scratch/out") $(jq .total "$scratch/out")" \
		'{"done":9,"nothing":1,"refused":4,"damaged":3,"waiting":1,"host":1,"fault":1,"left":0} 20'
	fates local
	is "what was locked was tried again" "$(jq -r '.images[] | select(.image | endswith("busy", "locked", "smaller", "lacking")) | .tries > 1' "$scratch/out" | tr '\n' ' ')" "false true true false "
	is "how much they have grown" "$(jq .grown_bytes "$scratch/out")" $((9 * (fleet_size - 126877696)))
	is "nothing is left but the state folder" "$(find . -name "*grow-disk*" | wc -l) $(ls -A "$TMPDIR") $(find m.fleet -name '*.new*')" "0  "
	ok "nobody ran what a name holds" [ ! -e owned ]
}

# A second run does what is left, and only that.
again() {
	kill "$locked"
	find m.fleet/results -type f | sort | xargs md5sum >"$scratch/records"
	fleet_program --json --tries 1 m
	is "again: the counts" "$status $(jq -c .states "$scratch/out")" '40 {"done":10,"nothing":1,"refused":4,"damaged":3,"waiting":0,"host":1,"fault":1,"left":0}'
	is "again: only what was left is done" "$(md5sum -c "$scratch/records" 2>/dev/null | grep -vc ': OK')" 2
	is "again: the one that was locked" "$(fleet_fate locked), $(fleet_state locked)" "new, done -"
	grep -v -e lacking -e breach -e '"smaller"' m >m2
	fleet_member smaller "$fleet_size" >>m2
	fleet_program --json --tries 1 --dir m.fleet --again 20,2 m2
	is "another manifest: a task that is new, and those with --again" "$status $(jq -c .states "$scratch/out")" \
		'20 {"done":11,"nothing":1,"refused":3,"damaged":3,"waiting":0,"host":0,"fault":0,"left":0}'
	is "--again does them again" "$(jq -c '[.images[] | select(.reason == "fs-unclean" or .reason == "usage" or .reason == "image-format") | .tries]' "$scratch/out")" '[2,1,2]'
	is "and the new one" "$(fleet_fate smaller), $(fleet_state smaller)" "new, done -"
	fleet_program --status m.fleet
	is "--status: a table" "$status $(head -n 7 "$scratch/out" | tr -s ' ' | tr '\n' ,)" "0 done 11,nothing to do 1,refused 3, image-format 1, image-not-found 1, usage 1,damaged 3,"
	printf 'torn' >m.fleet/results/0/0
	fleet_program --status m.fleet --json
	is "a record that is not whole counts as left" "$(jq -c '.states.left, .states.done' "$scratch/out" | tr '\n' ' ')" "1 10 "
}

# The page, by two judges.
page() {
	fleet_program --status m.fleet --html page.html
	is "the page is written" "$status $err" "0 "
	need "the page is XML" xmllint && ok "the page is XML" xmllint --noout page.html
	is "nothing in it runs" "$(grep -ciE '<script|<iframe|javascript:|onload' page.html)" 0
	need "the page in a browser" chromium || return
	sed -i 's|</body>|<pre id="facts"></pre><script>\
const all = what => [...document.querySelectorAll(what)]\
const line = (name, value) => document.getElementById("facts").append(name + "=" + value + "\\n")\
line("bars", all(".bar div").map(bar => bar.title).join(", "))\
line("wide", all(".bar div").filter(bar => bar.getBoundingClientRect().width < 1).length)\
line("order", all(".bar div").map(bar => bar.getBoundingClientRect().left).every((at, i, list) => i == 0 \|\| at > list[i - 1]))\
line("rows", all(".image").length)\
line("evil", all(".image td:first-child").filter(cell => cell.textContent.endsWith("`<script>\&")).length)\
</script></body>|' page.html
	HOME=$work timeout -k 5 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions \
		--user-data-dir="$work/profile" --dump-dom "file://$PWD/page.html" 2>/dev/null | sed -n '/<pre id="facts">/,/<\/pre>/p' | sed 's/<[^>]*>//g' >facts
	is "a browser shows bars and rows" "$(grep . facts)" "bars=done: 10, nothing to do: 1, refused: 3, damaged: 3, not begun: 1
wide=0
order=true
rows=18
evil=1"
}

by_parallel() {
	need "GNU parallel" parallel || return
	fresh
	for name in one 'two two' "$evil" unclean; do make_disk raw "$name"; done
	fleet_take ./*
	for name in one 'two two' "$evil" unclean; do fleet_member "$name"; done >m
	fleet_program --json --engine parallel --engine-option --memfree --engine-option 1M --jobs 2 --dir 'a state' - <m
	is "parallel: the counts" "$status $(jq -c .states "$scratch/out")" '20 {"done":3,"nothing":0,"refused":0,"damaged":1,"waiting":0,"host":0,"fault":0,"left":0}'
	for name in one 'two two' "$evil"; do is "parallel: a disk" "$(fleet_fate "$name"), $(fleet_state "$name")" "new, done -"; done
	is "parallel: the one that is damaged" "$(fleet_fate unclean)" old
	is "parallel: its log has the exit statuses" "$(awk '$7 ~ /^[0-9]+$/ { print $7 }' 'a state/joblog' | sort | tr '\n' ' ')" "0 0 0 20 "
	ok "parallel: nobody ran what a name holds" [ ! -e owned ]
}

# The same over ssh, by a server of our own: two hosts, which are this one.
by_ssh() {
	need "GNU parallel over ssh" parallel ssh ssh-keygen /usr/sbin/sshd || return
	fresh
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
	rm -rf "$scratch/ssh" && mkdir "$scratch/ssh"
	for key in host user; do ssh-keygen -q -t ed25519 -N '' -f "$scratch/ssh/$key"; done
	port=$((20000 + $$ % 20000))
	printf 'ListenAddress 127.0.0.1\nPort %s\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\nPidFile none\nStrictModes no\nUsePAM no\nLogLevel ERROR\nMaxStartups 50\n' \
		"$port" "$scratch/ssh" "$scratch/ssh" >"$scratch/ssh/sshd_config"
	printf 'Host here there\nHostName 127.0.0.1\nPort %s\nUser %s\nIdentityFile %s/user\nIdentitiesOnly yes\nBatchMode yes\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n' \
		"$port" "$(id -un)" "$scratch/ssh" >"$scratch/ssh/config"
	/usr/sbin/sshd -D -f "$scratch/ssh/sshd_config" 2>"$scratch/ssh/said" &
	sshd=$!
	logs_in() { ! kill -0 "$sshd" || ssh -F "$scratch/ssh/config" here true </dev/null; }
	await logs_in
	for name in one 'two two' "$evil" unclean; do make_disk raw "$name"; done
	fleet_take ./*
	for name in one 'two two' "$evil" unclean; do fleet_member "$name"; done >m
	# What tests set for the tasks goes along.
	set -- --env GROW_DISK_HOST --env GROW_DISK_QEMU --env GROW_DISK_GUEST_DIR --env TMPDIR --env XDG_CACHE_HOME --env fleet_real_host --env fleet_killed --env fleet_hang \
		--sshlogin "1/ssh -F $scratch/ssh/config here" --sshlogin "1/ssh -F $scratch/ssh/config there"
	for option; do set -- "$@" --engine-option "$option" && shift; done
	fleet_program --json --engine parallel "$@" --jobs 1 --dir 'a state' m
	kill "$sshd" && wait "$sshd" 2>/dev/null
	is "ssh: the counts" "$status $(jq -c .states "$scratch/out")" '20 {"done":3,"nothing":0,"refused":0,"damaged":1,"waiting":0,"host":0,"fault":0,"left":0}' ||
		sed 's/^/#   /' "$scratch/err" "$scratch/ssh/said"
	for name in one 'two two' "$evil"; do is "ssh: a disk" "$(fleet_fate "$name"), $(fleet_state "$name")" "new, done -"; done
	is "ssh: the one that is damaged" "$(fleet_fate unclean)" old
	is "ssh: both hosts did something" "$(awk -F '\t' 'NR > 1 { print $2 }' 'a state/joblog' | sort -u | wc -l)" 2
	ok "ssh: nobody ran what a name holds" [ ! -e owned ]
}

# A signal in the middle: no process, no half image, and the next run does the rest.
signals() {
	fresh
	for name in one hang1 hang2 last; do
		make_disk raw $name
		fleet_member $name
	done >m
	fleet_take ./*
	for engine in local parallel; do
		need "a signal ends $engine" setsid ${engine%local} || continue
		[ $engine = local ] && signal=TERM || signal=INT
		: >"$fleet_hang"
		setsid env --default-signal=INT,HUP,TERM "$grow_fleet" --json --engine $engine --jobs 2 --dir "$engine-state" m >"$scratch/out" 2>"$scratch/err" &
		driver=$!
		await sh -c "[ \"\$(grep -l '\"n\":' $engine-state/results/0/* | wc -l)\" -ge 1 ]"
		until [ "$(processes_with "$scratch/guest/kernel" | wc -l)" -ge 2 ]; do sleep 0.1; done
		fleet_program --dir "$engine-state" m
		is "$engine: another run of the same fleet is refused" "$status $(printf '%s\n' "$err" | grep -c 'fleet-busy')" "30 1"
		kill "-$signal" "$driver"
		wait "$driver"
		is "$engine: SIG$signal ends it" "$? $(processes_with "$scratch/guest/kernel")" "30 "
		is "$engine: no disk is half" "$(fleet_fate hang1) $(fleet_fate hang2) $(find . -name '*grow-disk*' | wc -l)" "old old 0"
		fleet_program --status "$engine-state" --json
		is "$engine: it says what was not done" "$(jq -c '[.states.waiting + .states.left, .states.done]' "$scratch/out")" "[3,1]"
		rm -f "$fleet_hang"
	done
	fleet_program --json --engine local --dir local-state m
	is "the next run does the rest" "$status $(jq .states.done "$scratch/out") $(for name in one hang1 hang2 last; do fleet_fate $name; done | tr '\n' ' ')" "0 4 new new new new "
}

# manifest_refused NAME WORDS MANIFEST: as printf writes it
manifest_refused() {
	# shellcheck disable=SC2059  # it is a format
	printf "$3" >bad
	fleet_program --json bad
	is "manifest: $1" "$status $(jq -r .reason "$scratch/out") $(ls -d bad.fleet 2>/dev/null)" "10 manifest-invalid "
	has "manifest: $1: says so" "$err" "$2"
}

manifests() {
	fresh
	make_disk raw disk
	ln -s disk link
	manifest_refused "an image twice" "line 2: $PWD/disk stands in line 1 already" 'disk\t8G\n./disk\t9G\n'
	manifest_refused "an image behind a link" "stands in line 1 already" 'disk\t8G\nlink\n'
	manifest_refused "half an object" "line 1: this is not one whole JSON object" '{"image":"disk"\n'
	manifest_refused "two objects in a line" "this is not one whole JSON object" '{"image":"disk"}{"image":"x"}\n'
	manifest_refused "an unknown member" 'line 2: there is no member "sise"' '\n{"image":"disk","sise":1}\n'
	manifest_refused "no image" "there is no image" '{"size":"8G"}\n'
	manifest_refused "no image, in a table" "there is no image" '\t8G\n'
	manifest_refused "an image that is a number" "there is no image" '{"image":7}\n'
	manifest_refused "a size that is a list" "size is neither text nor a number" '{"image":"disk","size":[8]}\n'
	manifest_refused "half a byte" "no number of bytes" '{"image":"disk","size":1.5}\n'
	manifest_refused "a relative size" "done twice, it would grow twice" 'disk\t+2G\n'
	manifest_refused "no size" '"large" is not a size' 'disk\tlarge\n'
	manifest_refused "options that are no list" "options is not a list of texts" '{"image":"disk","options":"-v"}\n'
	manifest_refused "options that do not grow" "do not grow a disk" '{"image":"disk","options":["--plan"]}\n'
	manifest_refused "a NUL" "cannot hold a NUL" '{"image":"di\\u0000sk"}\n'
	manifest_refused "four fields" "more than three fields" 'a\tb\tc\td\n'
	manifest_refused "a name that is not UTF-8" "not UTF-8" 'di\377sk\t8G\n'
	manifest_refused "none" "names no image" '# nothing\n'
	manifest_refused "all faults at once" "line 2: the size +1 is relative" 'a\t+1\nb\t+1\nc\t8G\n'
	has "and their number" "$err" "The manifest has 2 lines that are wrong"
	fleet_program absent
	is "a manifest that is not there" "$status $(printf '%s\n' "$err" | grep -c 'manifest-unreadable')" "10 1"
	echo disk >good
	mkdir full && touch full/file
	fleet_program --dir full good
	is "a state folder that holds something else" "$status $(ls full) $(printf '%s\n' "$err" | grep -c 'fleet-not-found')" "10 file 1"
	fleet_program --status full
	is "--status of it" "$status" 10
	for wrong in '' 'good more' '--engine x good' '--jobs 0 good' '--tries x good' '--again x good' '--wait good' '--status full good' '-' '--frog good' '--engine-option x good' '--delay'; do
		# shellcheck disable=SC2086  # these are words
		fleet_program $wrong
		is "'$wrong' is refused" "$status $(printf '%s\n' "$err" | grep -c '^grow-fleet: .*\[usage\]$')" "2 1"
	done
}

shows() {
	fresh
	for name in one two; do
		make_disk raw $name
		printf '%s\t1G\n' $name
	done >m
	fleet_program -v --jobs 1 m
	is "-v: a line for each" "$status $(grep -c ': done$' "$scratch/err")" "0 2"
	rm -rf m.fleet
	script -qec "'$grow_fleet' --jobs 1 m" /dev/null >"$scratch/terminal" 2>&1 </dev/null
	has "a terminal sees how far it is" "$(tr '\r' '\n' <"$scratch/terminal")" "1 of 2"
	for shell in dash 'busybox sh'; do
		need "under $shell" "${shell%% *}" || continue
		rm -rf m.fleet
		# shellcheck disable=SC2086  # a shell and its word
		is "under $shell" "$(STUB=nothing $shell "$grow_fleet" --json m | jq .total)" 2
	done
	rm -rf m.fleet
	fleet_program --engine none m
	is "--engine none makes the tasks" "$status $(tr '\n' ' ' <m.fleet/list)$(grep -c 'NUMBER job$' "$scratch/err")" "30 0 1 1"
	for try in first second; do
		STUB=fault:fs-unclean:20 "$grow_fleet" --task m.fleet 1 job >"$scratch/out"
		is "a task by itself, $try time: its exit status" "$? $(jq .tries m.fleet/results/0/1)" "20 1"
	done
	fleet_program --version
	is "--version: as in the Makefile" "$out" "grow-fleet $(sed -n 's/^VERSION := //p' "$source_tree/Makefile")"
	fleet_program --help
	is "every option is in the help and in the manual" "$(for option in $(sed -n "s/^options_valued='\(.*\)'/\1/p" "$source_tree/hostscripts/lib/fleet/options.sh") --wait --json --quiet --verbose; do
		printf '%s\n' "$out" | grep -q -e "$option" || echo "$option"
		sed 's/\\-/-/g' "$source_tree/docs/man/grow-fleet.1" | grep -q -e "$option" || echo "$option"
	done)" ""
}

# A state directory that cannot be written for a while, as when it is full: the record is written later.
cannot_write() {
	fresh
	make_disk raw good
	fleet_member good >m
	fleet_take good
	fleet_program --engine none m
	mv m.fleet/results/0 m.fleet/results/away
	"$grow_fleet" --task m.fleet 0 >"$scratch/out" &
	task=$!
	ok "without its directory, a task waits" await sh -c 'grep -l "^Name:.sleep$" $(sed "s/[0-9]*/\/proc\/&\/status/" "/proc/$1/task/$1/children" | tr " " "\n" | grep status)' sh "$task"
	mv m.fleet/results/away m.fleet/results/0
	wait "$task"
	is "it ends when the record is written" "$? $(jq -c '[.tries, .result.status]' m.fleet/results/0/0)" "0 [1,0]"
	fleet_program --status m.fleet --json
	is "and the summary knows" "$(fleet_fate good), $(fleet_state good)" "new, done -"
}

for part in ${FLEET_PARTS:-whole_fleet again page by_parallel by_ssh signals manifests shows cannot_write}; do $part; done
done_testing
