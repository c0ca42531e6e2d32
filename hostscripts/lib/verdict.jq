# SPDX-License-Identifier: GPL-2.0-or-later
# The result object as a few lines for people.
def pad($width): . + " " * ([1, $width - length] | max);
def line($what): ($what | pad(13)) + .;
def decimals: (. * 100 | round) / 100 | tostring;
def human:
  . as $bytes
  | [{unit: "TiB", size: 1099511627776}, {unit: "GiB", size: 1073741824}, {unit: "MiB", size: 1048576}, {unit: "KiB", size: 1024}]
  | map(select(.size <= $bytes)) | first
  | if . == null then "\($bytes) B" else "\($bytes / .size | decimals) \(.unit)" end;
def change($before; $after): if $before == $after then ($before | human) else "\($before | human) -> \($after | human)" end;
def seconds: "\((. / 100 | round) / 10) s";
def plain: explode | map(if . < 32 or (. >= 127 and . < 160) then 65533 else . end) | implode;
def checked:
  ((.repairs_before // 0) + (.repairs_after // 0)) as $repairs
  | if .repairs_before == null then .state
    else "checked\(if .repairs_after == null then "" else " before and after" end), \(if $repairs == 0 then "no repairs" elif $repairs == 1 then "1 repair" else "\($repairs) repairs" end)"
    end;
def repaired:
  ([(.repairs_before // 0) + (.repairs_after // 0), (.repairs | length)] | max) as $count
  | (.repairs[:4] | map((.problem | plain) + if .inode then " (inode \(.inode))" else "" end) | join(", "))
  + if $count > 4 then ", and \($count - 4) more" else "" end;
def blocks: if .block_bytes >= 1024 then "\(.block_bytes / 1024) KiB" else "\(.block_bytes) B" end;

. as $result
| (.image // "" | split("/") | last | plain) as $name
| (select(.size_before_bytes != null) | (change(.size_before_bytes; .size_after_bytes) | pad(22)) + $name | line("disk")),
  ($result.partition | values
    | (change(.sectors_before * .sector_bytes; .sectors_after * .sector_bytes) | pad(22)) + "start LBA \(.start_lba) kept"
    | line("partition \($result.partition.number)")),
  ($result.filesystem | values
    | "\(.type) \(.label // "" | plain | tojson) \(blocks) blocks, \(checked)"
    | line("file system")),
  ($result.filesystem | values | select(.repairs != []) | repaired | line("  repaired")),
  (.pending | values | "an earlier run is to be finished: \(change(.size_before_bytes; .size_after_bytes)), and its log is complete (\(.state)); the next grow-disk, or grow-disk --recover, commits it first" | line("pending")),
  (select(.action == "plan" and .pending == null) | .largest | values
    | "this disk can grow to \(.largest_disk_bytes | human) (\(.reason))" | line("largest")),
  (if .pending then "nothing has been changed" | line("plan only")
  elif .action == "plan" then
    (if .changed then "nothing has been changed" else "nothing to do: the partition and its file system already fill the disk" end) | line("plan only")
  elif .action == "discard" then
    (if .discarded then "the log of an earlier run is thrown away; the image is what it was" else "nothing to do: no earlier run left a log" end) | line("done")
  elif .fence then
    "\(.timings_ms.total | seconds); nothing else on the disk changed (\(.fence.compared_bytes) bytes compared)" | line("done")
  elif .recovered then
    "\(.timings_ms.total | seconds); what an earlier run had grown is committed now" | line("done")
  elif .action == "recover" then
    "nothing to do: no earlier run left a complete log" | line("done")
  else
    "nothing to do: the partition and its file system already fill the disk" | line("done")
  end)
