# SPDX-License-Identifier: GPL-2.0-or-later
# The summary -> the tables of docs/performance.md.
def decimals($n): pow(10; $n) as $p | (. * $p | round) / $p | tostring;
def significant: if . == null then "–" elif . >= 100 then decimals(0) elif . >= 10 then decimals(1) else decimals(2) end;
def bytes:
  if . == null then "–"
  elif . >= 1073741824 then "\(. / 1073741824 | significant) GiB"
  elif fabs >= 1048576 then "\(. / 1048576 | significant) MiB"
  else "\(. / 1024 | decimals(0)) KiB" end;
def percent: "\(. * 100 | round) %";
def times: if . then "\(significant) ×" else "–" end;
def row: "| " + join(" | ") + " |";
def head: row, "|" + (map("---|") | join(""));
def unique_in_order: reduce .[] as $one ([]; if index($one) then . else . + [$one] end);

def titles: {
  openwrt: "OpenWrt-shaped disk, 121 MiB to 8 GiB",
  "files-300000": "300,000 files in 4 GiB, to 16 GiB",
  "target-1T": "Blocks of 4 KiB, 300 MiB to 1 TiB",
  plan: "`--plan` of an OpenWrt-shaped disk",
  "mbr-ext4": "MBR and ext4, 1 GiB to 8 GiB",
  "gpt-ext4": "GPT and ext4, 1 GiB to 8 GiB",
  "gpt-xfs": "GPT and xfs, 1 GiB to 8 GiB",
  "gpt-btrfs": "GPT and btrfs, 1 GiB to 8 GiB",
  "fleet-16": "16 OpenWrt-shaped disks, 121 MiB to 8 GiB each"
};

# The series by which cost grows: name of its cases, heading, first column.
def series: [
  {prefix: "target", title: "Growth with the size of the target", what: "300 MiB grown to"},
  {prefix: "files", title: "Growth with the number of files", what: "files"},
  {prefix: "data", title: "Growth with the size of the image", what: "data in the image"}
];
# "64G", "1000" of a case's name, as a number to sort by.
def measure_of: capture("-(?<n>[0-9]+)(?<unit>[KMGT]?)$") | (.n | tonumber) * ({"": 1, K: 1024, M: 1048576, G: 1073741824, T: 1099511627776}[.unit]);

def about:
  "*\(.date): \(.cpu), \(.cores) processors, \(.memory_bytes | bytes) of memory, Linux \(.kernel), disks on \(.work_fs); accelerator \(.accelerator), QEMU \(.versions.qemu), e2fsprogs \(.versions.e2fsprogs)"
  + (if .versions.libguestfs == "" then "" else ", libguestfs \(.versions.libguestfs)" end)
  + ".*",
  "",
  (select(.busy) | "**Taken on a busy machine:** strangers had \(.strangers | percent) of its processors meanwhile (median load \(.load_median)). Ratios say more than seconds here, and neither is better than to a third.", "");

def contender_row:
  [.peer] +
  if .skipped then ["skipped: \(.skipped)", "", "", "", "", "", "", ""]
  elif (.ok | not) or .runs == 0 then ["**failed**", "", "", "", "", "", "", ""]
  else [
    "\(.wall_s | significant) s", "\(.wall_min_s | significant) to \(.wall_max_s | significant) (\(.runs))", (.ratio | times), "\(.cpu_s | significant) s",
    (.peak_memory_bytes | bytes), (.added_bytes | bytes), (.peak_added_bytes | bytes), (if (.peak_log_bytes // 0) > 0 then .peak_log_bytes | bytes else "–" end)
  ] end
  | row;

def case_table($case):
  "### \(titles[$case] // $case)", "",
  (["contender", "time", "from, to (runs)", "of host tools", "processor time", "peak memory", "bytes added", "at the peak", "redo log"] | head),
  ([.contenders[] | select(.case == $case)] | sort_by(.skipped != null)[] | contender_row),
  "";

def series_table($series):
  [.contenders[] | select((.case | startswith($series.prefix + "-")) and (.peer == "grow-disk" or .peer == "host-tools") and .ok)] as $all
  | ($all | map(.case) | unique | sort_by(measure_of)) as $cases
  | select($cases | length > 1)
  | "### \($series.title)", "",
    ([$series.what, "grow-disk", "host-tools", "ratio", "grow-disk: peak memory", "redo log", "bytes added", "host-tools: bytes added"] | head),
    ($cases[] as $case
      | ([$all[] | select(.case == $case and .peer == "grow-disk")] | first) as $ours
      | ([$all[] | select(.case == $case and .peer == "host-tools")] | first) as $theirs
      | [($case | split("-") | last), "\($ours.wall_s | significant) s", "\($theirs.wall_s | significant) s", ($ours.ratio | times),
         ($ours.peak_memory_bytes | bytes), ($ours.peak_log_bytes | bytes), ($ours.added_bytes | bytes), ($theirs.added_bytes | bytes)]
      | row),
    "";

def fleet_table:
  [.contenders[] | select((.case | startswith("fleet-")) and .ok)] as $all
  | ($all | map(.case) | unique | sort_by(measure_of)) as $cases
  | select($cases | length > 1)
  | "### Growth with the number of images at once", "",
    (["images", "at once", "in turn", "throughput", "peak memory at once"] | head),
    ($cases[] as $case
      | ([$all[] | select(.case == $case and .peer == "at-once")] | first) as $at_once
      | ([$all[] | select(.case == $case and .peer == "in-turn")] | first) as $in_turn
      | [($case | split("-") | last), "\($at_once.wall_s | significant) s", "\($in_turn.wall_s | significant) s",
         (if $at_once and $in_turn then $in_turn.wall_s / $at_once.wall_s else null end | times), ($at_once.peak_memory_bytes | bytes)]
      | row),
    "";

def goal_table:
  [.goals[] | select(.value != null)] as $goals
  | select($goals != [])
  | "### Goals", "",
    (["case", "goal", "", "measured", "met"] | head),
    ($goals[] | [(titles[.case] // .case), .goal, (.limit | tostring), (.value | significant), (if .met then "yes" else "**no**" end)] | row),
    "";

(.facts | about),
goal_table,
case_table([.contenders[] | select(.set == "main") | .case] | unique_in_order | .[]),
series_table(series[]),
fleet_table
