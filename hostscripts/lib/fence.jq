# SPDX-License-Identifier: GPL-2.0-or-later
# What a log itself holds (depth 0) outside of the first sector and of the
# target [first, last), from qemu-img map; touching pieces are joined. Up to the
# old end of the disk it is compared with the image, behind it with zeroes.
# The last line is "end", and only if the map covers the disk: half a map, for
# want of room where it was written, must not pass for a log without changes.
def clip($from; $to): {start: ([.start, $from] | max), end: ([.end, $to] | min)} | select(.start < .end);

(if (map(.length) | add) != $size then error("the map is not complete") else . end)
| ([ .[] | select(.depth == 0 and .present != false) | {start, end: (.start + .length)} ]
| (map(.end) | max // 0) as $disk_end
| reduce .[] as $piece ([];
    if length > 0 and .[-1].end == $piece.start then .[-1].end = $piece.end else . + [$piece] end)
| .[]
| (clip(512; $first), clip([$last, 512] | max; $disk_end))
| (clip(0; $old) | "image \(.start) \(.end - .start)"), (clip($old; $disk_end) | "zero \(.start) \(.end - .start)"))
, "end 0 0"
