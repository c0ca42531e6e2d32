# SPDX-License-Identifier: GPL-2.0-or-later
# The summary -> one SVG: bars for the main cases, lines for what grows. It stands alone, and is dark where the reader is.
def width: 860;
def esc: gsub("&"; "&amp;") | gsub("<"; "&lt;");
def significant: if . >= 100 then round elif . >= 10 then (. * 10 | round) / 10 else (. * 100 | round) / 100 end;
def r: (. * 10 | round) / 10;
def text($x; $y; $class): "<text x=\"\($x | r)\" y=\"\($y | r)\" class=\"\($class)\">\(. | esc)</text>";
def line($x1; $y1; $x2; $y2; $class): "<line x1=\"\($x1 | r)\" y1=\"\($y1 | r)\" x2=\"\($x2 | r)\" y2=\"\($y2 | r)\" class=\"\($class)\"/>";
def log_scale($from; $to; $low; $high): $low + ($high - $low) * ((. | log) - ($from | log)) / (($to | log) - ($from | log));
# Powers of ten from below the smallest to above the largest.
def decades: [range(min | log10 | floor; (max | log10 | ceil) + 1)] | map(pow(10; .)) | if length == 1 then . + [.[0] * 10] else . end;
def color: {"grow-disk": "ours", "grow-disk-cold": "cold", "host-tools": "tools", "raw-limit": "raw"}[.] // "peer";
def style: "
  text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600; font-size: 14px } .end { text-anchor: end } .mid { text-anchor: middle } .small { font-size: 11px; fill: #59636e }
  .grid { stroke: #d1d9e0; stroke-width: 1 } .ours { fill: #0969da; stroke: #0969da } .cold { fill: #80b3ff; stroke: #80b3ff } .tools { fill: #bc4c00; stroke: #bc4c00 }
  .raw { fill: #d4a72c; stroke: #d4a72c } .peer { fill: #8c959f; stroke: #8c959f } .line { fill: none; stroke-width: 2.5 } .back { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #3d444d } .back { fill: #0d1117 }
    .ours { fill: #4493f8; stroke: #4493f8 } .cold { fill: #1f5fae; stroke: #1f5fae } .tools { fill: #f0883e; stroke: #f0883e } .raw { fill: #e3b341; stroke: #e3b341 } .peer { fill: #6e7681; stroke: #6e7681 }
  }";

# bars TITLE TOP: input, contenders with times. One row of 24 each, on a common logarithmic axis.
def bars($title; $top; $decades):
  150 as $left | (width - 90) as $right
  | ($title | text(16; $top + 16; "title")),
    (length * 24 + $top + 30) as $bottom
  | ($decades[] | log_scale($decades[0]; $decades[-1]; $left; $right) as $x
      | line($x; $top + 26; $x; $bottom; "grid"), ("\(.) s" | text($x; $bottom + 14; "small mid"))),
    (to_entries[] | .key as $i | .value | (.wall_s | log_scale($decades[0]; $decades[-1]; $left; $right)) as $x
      | ($top + 30 + $i * 24) as $y
      | (.peer | text($left - 8; $y + 14; "end")),
        "<rect x=\"\($left)\" y=\"\($y | r)\" width=\"\([$x - $left, 1] | max | r)\" height=\"18\" rx=\"2\" class=\"\(.peer | color)\"/>",
        ("\(.wall_s | significant) s" | text($x + 6; $y + 14; "")));

def measure_of: capture("-(?<n>[0-9]+)(?<unit>[KMGT]?)$") | (.n | tonumber) * ({"": 1, K: 1024, M: 1048576, G: 1073741824, T: 1099511627776}[.unit]);

# lines TITLE LEFT TOP: input, contenders of one series. Both axes logarithmic.
def lines($title; $left; $top):
  . as $all
  | ($left + 40) as $x0 | ($left + 270) as $x1 | ($top + 200) as $y0 | ($top + 34) as $y1
  | (map(.case | measure_of) | [min, max]) as [$from, $to]
  | (map(.wall_s) | decades) as $decades
  | ($title | text($left + 8; $top + 16; "title")),
    ($decades[] | log_scale($decades[0]; $decades[-1]; $y0; $y1) as $y
      | line($x0; $y; $x1; $y; "grid"), ("\(.) s" | text($x0 - 6; $y + 4; "small end"))),
    (map(.case) | unique[] | (measure_of | log_scale($from; $to; $x0; $x1)) as $x
      | line($x; $y0; $x; $y0 + 4; "grid"), (split("-") | last | sub("000000$"; " M") | sub("000$"; " k") | text($x; $y0 + 18; "small mid"))),
    (["grow-disk", "host-tools"][] as $peer
      | [$all[] | select(.peer == $peer)] | sort_by(.case | measure_of)
      | map([(.case | measure_of | log_scale($from; $to; $x0; $x1)), (.wall_s | log_scale($decades[0]; $decades[-1]; $y0; $y1))])
      | select(. != [])
      | "<polyline points=\"\(map("\(.[0] | r),\(.[1] | r)") | join(" "))\" class=\"line \($peer | color)\" style=\"fill:none\"/>",
        (.[] | "<circle cx=\"\(.[0] | r)\" cy=\"\(.[1] | r)\" r=\"3.5\" class=\"\($peer | color)\"/>"));

[.contenders[] | select(.ok and .runs > 0)] as $good
| [["openwrt", "OpenWrt-shaped disk, 121 MiB to 8 GiB"], ["files-300000", "300,000 files in 4 GiB, to 16 GiB"], ["target-1T", "Blocks of 4 KiB, 300 MiB to 1 TiB"]]
  | map(. as [$case, $title] | {title: $title, of: ([$good[] | select(.case == $case)] | sort_by(.wall_s))} | select(.of != [])) as $bars
| [["target", "Time by size of the target"], ["files", "Time by number of files"], ["data", "Time by size of the image"]]
  | map(. as [$prefix, $title] | {title: $title, of: [$good[] | select((.case | startswith($prefix + "-")) and (.peer == "grow-disk" or .peer == "host-tools"))]}
      | select(.of | map(.case) | unique | length > 1)) as $lines
| ([$bars[].of[].wall_s] | if . == [] then [1, 10] else decades end) as $decades
| (reduce $bars[] as $one ([8]; . + [.[-1] + ($one.of | length) * 24 + 66])) as $tops
| ($tops[-1] + (if $lines == [] then 0 else 260 end)) as $height
| "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \($height)\" role=\"img\" aria-label=\"Times of grow-disk and its peers\">",
  "<style>\(style)</style>", "<rect width=\"100%\" height=\"100%\" class=\"back\"/>",
  ($bars | to_entries[] | .key as $i | .value as $one | $one.of | bars($one.title; $tops[$i]; $decades)),
  ($lines | to_entries[] | .key as $i | .value as $one | $one.of | lines($one.title; 8 + $i * 284; $tops[-1] + 4)),
  (if $lines == [] then empty else
    ("grow-disk" | text(70; $height - 14; "")), "<circle cx=\"60\" cy=\"\($height - 18)\" r=\"4\" class=\"ours\"/>",
    ("host tools (root, no isolation)" | text(160; $height - 14; "")), "<circle cx=\"150\" cy=\"\($height - 18)\" r=\"4\" class=\"tools\"/>" end),
  "</svg>"
