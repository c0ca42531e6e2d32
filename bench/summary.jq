# SPDX-License-Identifier: GPL-2.0-or-later
# The runs, one after the other in an array, and $facts -> medians, ratios and what became of the goals.
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def ratio($a; $b): if $a and $b and $b > 0 then $a / $b else null end;

# All runs of one contender in one case -> one object.
def contender:
  (map(select(.skipped)) | first) as $skipped
  | (map(select(.run == 0)) | first) as $peaks
  | map(select(.run != null and .run > 0)) as $timed
  | .[0] | {set, case, peer}
  + if $skipped then {skipped: $skipped.skipped} else {
      runs: ($timed | length),
      ok: ($timed + [$peaks | values] | all(.ok)),
      wall_s: ($timed | map(.wall_s) | median), wall_min_s: ($timed | map(.wall_s) | min), wall_max_s: ($timed | map(.wall_s) | max),
      cpu_s: ($timed | map(.cpu_s) | median),
      peak_memory_bytes: $peaks.peak_memory_bytes,
      added_bytes: ($timed | map(.disk_after_bytes - .disk_before_bytes) | median),
      peak_added_bytes: (if $peaks then $peaks.peak_disk_bytes - $peaks.disk_before_bytes else null end),
      peak_log_bytes: $peaks.peak_log_bytes,
      start_lba: $peaks.start_lba
    } end;

def goals:
  . as $all
  | def of($case; $peer; $field): [$all[] | select(.case == $case and .peer == $peer and .ok) | .[$field]] | first;
    def wall($case; $peer): of($case; $peer; "wall_s");
    def at_most($case; $goal; $value; $limit): {case: $case, goal: $goal, value: $value, limit: $limit, met: (if $value == null then null else $value <= $limit end)};
    def at_least($case; $goal; $value; $limit): {case: $case, goal: $goal, value: $value, limit: $limit, met: (if $value == null then null else $value >= $limit end)};
    def mib: if . == null then null else . / 1048576 end;
  [ at_most("openwrt"; "time, of that of host tools, at most"; ratio(wall("openwrt"; "grow-disk"); wall("openwrt"; "host-tools")); 1.1),
    at_most("openwrt"; "time, of that of the raw limit, at most"; ratio(wall("openwrt"; "grow-disk"); wall("openwrt"; "raw-limit")); 3),
    at_least("openwrt"; "times faster than guestfish, at least"; ratio(wall("openwrt"; "guestfish"); wall("openwrt"; "grow-disk")); 25),
    at_least("openwrt"; "times faster than virt-resize, at least"; ratio(wall("openwrt"; "virt-resize"); wall("openwrt"; "grow-disk")); 75),
    at_most("openwrt"; "cold start, of the warm one, at most"; ratio(wall("openwrt"; "grow-disk-cold"); wall("openwrt"; "grow-disk-tcg")); 3),
    at_most("openwrt"; "MiB of memory at the peak, at most"; (of("openwrt"; "grow-disk"; "peak_memory_bytes") | mib); 40),
    at_most("files-300000"; "time, of that of host tools, at most"; ratio(wall("files-300000"; "grow-disk"); wall("files-300000"; "host-tools")); 1.1),
    at_most("files-3000000"; "time, of that of host tools, at most"; ratio(wall("files-3000000"; "grow-disk"); wall("files-3000000"; "host-tools")); 1.1),
    at_least("files-300000"; "times faster than guestfish, at least"; ratio(wall("files-300000"; "guestfish"); wall("files-300000"; "grow-disk")); 3.5),
    at_most("target-1T"; "time, of that of host tools, at most"; ratio(wall("target-1T"; "grow-disk"); wall("target-1T"; "host-tools")); 1.3),
    at_most("target-1T"; "host bytes added, of those of host tools, at most"; ratio(of("target-1T"; "grow-disk"; "added_bytes"); of("target-1T"; "host-tools"; "added_bytes")); 1.1),
    at_most("gpt-ext4"; "time, of that of the same with an MBR, at most"; ratio(wall("gpt-ext4"; "grow-disk"); wall("mbr-ext4"; "grow-disk")); 1.1),
    at_least("gpt-xfs"; "times faster than guestfish, at least"; ratio(wall("gpt-xfs"; "guestfish"); wall("gpt-xfs"; "grow-disk")); 8),
    at_least("gpt-btrfs"; "times faster than guestfish, at least"; ratio(wall("gpt-btrfs"; "guestfish"); wall("gpt-btrfs"; "grow-disk")); 8),
    at_least("fleet-16"; "throughput, of that one after the other, at least"; ratio(wall("fleet-16"; "in-turn"); wall("fleet-16"; "at-once")); 1.8),
    at_least("fleet-16"; "throughput, of that of emulated machines at once, at least"; ratio(wall("fleet-16"; "at-once-tcg"); wall("fleet-16"; "at-once")); 4),
    at_most("plan"; "seconds of a plan, at most"; wall("plan"; "grow-disk-plan"); 0.06),
    at_most("plan"; "seconds where no guest is needed, at most"; wall("plan"; "grow-disk-refused"); 0.01) ];

# What the machine worked beside our family, in parts of its processors. The kernel's work for loop devices is among it.
def strangers($cores):
  [.[] | select(.run != null and .run > 0 and .peer != "host-tools" and .peer != "raw-limit" and .wall_s >= 0.5)
    | ([.machine_cpu_s - .cpu_s, 0] | max) / (.wall_s * $cores)] | median;

($facts[0]) as $facts
| . as $runs
| reduce (.[] | [.case, .peer]) as $pair ([]; if index([$pair]) then . else . + [$pair] end)
| map(. as [$case, $peer] | [$runs[] | select(.case == $case and .peer == $peer)] | contender) as $contenders
| ($runs | strangers($facts.cores)) as $strangers
| {
    facts: ($facts + {strangers: $strangers, busy: (($strangers // 0) > 0.15), load_median: ([$runs[].load_before | values] | median)}),
    contenders: ($contenders | map(. as $one | . + {ratio: ratio(.wall_s; [$contenders[] | select(.case == $one.case and .peer == "host-tools") | .wall_s] | first)})),
    goals: ($contenders | goals)
  }
