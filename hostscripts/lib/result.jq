# SPDX-License-Identifier: GPL-2.0-or-later
# The result object, from the events of rescue-vm (raw lines) and what the host
# knows itself (arguments, all text). What is not known is null.
def text: if . == "" then null else . end;
def number: if . == "" then null else tonumber end;
def minus($a; $b): if $a == null or $b == null then null else $a - $b end;

# Of a second machine, which only checks, nothing else is told.
[inputs | fromjson? | select(.event == "check" or (input_filename | endswith("/beside-events") | not))] as $events
| def one(condition): [$events[] | select(condition)] | last;
  # Over all checks of a moment: a repair is proven by one more.
  def repairs(moment): [$events[] | select(.event == "check" and .moment == moment) | .repairs | numbers] | add;
  one(.event == "plan") as $plan_event
| one(.event == "hello") as $hello
| one(.event == "machine") as $machine
| one(.event == "table" and .target and .moment == "after") as $after
| ([($limits | split("\n")[] | split(" ") | {reason: .[0], largest_disk_bytes: (.[1] | tonumber)}),
    ($events[] | select(.event == "limit") | {reason, largest_disk_bytes})]) as $limits
| ($after // one(.event == "table" and .target)) as $target
| def step($event; $moment; $state):
    one(.event == $event and .state == $state and ($moment == null or .moment == $moment)) | .host_ms;
{
  schema: 1,
  image: ($image | text),
  format: ($format | text),
  action: $verb,
  changed: (if $reason == "commit-unfinished" then null else $changed == "true" end),
  recovered: ($recovered == "yes"),
  discarded: ($discarded == "yes"),
  pending: (if $pending == "" then null else {
    state: $pending,
    size_before_bytes: ($pending_before | tonumber),
    size_after_bytes: ($pending_after | tonumber)
  } end),
  reason: ($reason | text),
  status: ($status | number),
  message: ($message | text),
  hint: ($hint | text),
  size_before_bytes: ($size_before | number),
  size_after_bytes: ($size_after | number),
  partition: (if $plan_event == null then null else {
    number: $plan_event.partition,
    start_lba: $plan_event.start_lba,
    sectors_before: $plan_event.sectors_before,
    sectors_after: $plan_event.sectors_after,
    sector_bytes: $plan_event.sector_bytes,
    type: $target.type,
    bootable: $target.bootable,
    disk_id: $target.disk_id
  } end),
  filesystem: (if $plan_event == null then null else {
    type: $plan_event.fs_type,
    label: $plan_event.fs_label,
    uuid: $plan_event.fs_uuid,
    state: $plan_event.fs_state,
    block_bytes: $plan_event.block_bytes,
    blocks_before: $plan_event.blocks_before,
    blocks_after: (one(.event == "verify").blocks // $plan_event.blocks_after),
    repairs_before: repairs("before"),
    repairs_after: repairs("after"),
    repairs: [$events[] | select(.event == "repair") | {moment, problem, inode}]
  } end),
  limits: $limits,
  largest: ($limits | min_by(.largest_disk_bytes)),
  fence: (if $fence_compared == "" then null else {
    compared_bytes: ($fence_compared | number),
    differing_bytes: ($fence_differing | number),
    boot_code_sha256_before: ($boot_code_before | text),
    boot_code_sha256_after: ($boot_code_after | text)
  } end),
  timings_ms: {
    start: $machine.host_ms,
    probe: minus($plan_event.host_ms; $machine.host_ms),
    check: minus(step("check"; "before"; "end"); step("check"; "before"; "begin")),
    resize: minus(step("resize"; null; "end"); step("resize"; null; "begin")),
    verify: minus(one(.event == "verify").host_ms; step("check"; "after"; "begin")),
    vm: one(.event == "done" or .event == "fault").host_ms,
    fence: ($ms_fence | number),
    commit: ($ms_commit | number),
    total: ($ms_total | number)
  },
  accelerator: $machine.accel,
  start: $machine.start,
  versions: {
    grow_disk: $version,
    qemu: $machine.qemu,
    agent: $hello.agent,
    kernel: $hello.kernel,
    e2fsprogs: $hello.e2fsprogs,
    util_linux: $hello.util_linux
  }
}
