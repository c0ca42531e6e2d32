# SPDX-License-Identifier: GPL-2.0-or-later
# Pieces of SVG. Everything that comes from a trace goes through `esc`.
include "trace";

def esc: plain | @html;
# A title may have lines of its own.
def esc_lines: split("\n") | map(esc) | join("\n");
def r: (. * 10 | round) / 10;
def em: 6.2;
def text($x; $y; $class): "<text x=\"\($x | r)\" y=\"\($y | r)\" class=\"\($class)\">\(esc)</text>";
def line($x1; $y1; $x2; $y2; $class): "<line x1=\"\($x1 | r)\" y1=\"\($y1 | r)\" x2=\"\($x2 | r)\" y2=\"\($y2 | r)\" class=\"\($class)\"/>";
# Input: what a reader is told who points at it.
def rect($x1; $y; $x2; $height; $class):
  "<rect x=\"\($x1 | r)\" y=\"\($y | r)\" width=\"\([$x2 - $x1, 1.5] | max | r)\" height=\"\($height)\" rx=\"2\" class=\"\($class)\"><title>\(esc_lines)</title></rect>";

# Shapes as well as colours: up is add, down is remove, a diamond is change.
def mark_path($kind):
  {add: "m0 -5 5 9h-10z", remove: "m0 5 5 -9h-10z", change: "m0 -5.5 5.5 5.5 -5.5 5.5 -5.5 -5.5z"}[$kind] // "m-4 -4h8v8h-8z";
def action_class: if . == "add" or . == "remove" or . == "change" then . else "other" end;
def uevent_mark($x; $y; $kind):
  "<path d=\"M\($x | r) \($y | r)\(mark_path($kind))\" class=\"uevent \($kind | action_class)\"><title>\(esc_lines)</title></path>";

def style: "
  text { font: 12px system-ui, 'DejaVu Sans', sans-serif; fill: #1f2328 } .title { font-weight: 600; font-size: 16px } .name { font-weight: 600; font-size: 13px } .small { font-size: 11px }
  .dim { font-size: 11px; fill: #59636e } .end { text-anchor: end } .mid { text-anchor: middle } .back { fill: #ffffff } .lane-back { fill: #f6f8fa } .bad-text { fill: #b42318; font-weight: 600; font-size: 11px }
  .grid { stroke: #d1d9e0 } .mark-line { stroke: #59636e; stroke-dasharray: 4 3 } .fold { fill: url(#fold) } .fold-line { stroke: #afb8c1 }
  .node { fill: #54aeff } .link { fill: #a5b4fc } .missing { fill: url(#missing); stroke: #cf222e; stroke-width: 1.5 } .thread { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 2 2 }
  .uevent { stroke: none } .uevent.add { fill: #1a7f37 } .uevent.remove { fill: #bc4c00 } .uevent.change { fill: #8250df } .uevent.other { fill: #59636e }
  .process { stroke-width: 1 } .process.add { fill: #aceebb; stroke: #1a7f37 } .process.remove { fill: #ffd8b5; stroke: #bc4c00 } .process.change { fill: #e2d2fb; stroke: #8250df }
  .process.other { fill: #d1d9e0; stroke: #59636e } .process.open { stroke-dasharray: 3 2 } .process.guilty { stroke: #cf222e; stroke-width: 3 } .hatch { stroke: #cf222e } .fold-hatch { stroke: #d1d9e0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .dim { fill: #9198a1 } .back { fill: #0d1117 } .lane-back { fill: #151b23 } .bad-text { fill: #ff9a91 } .grid { stroke: #3d444d } .mark-line { stroke: #9198a1 } .fold-line { stroke: #59636e }
    .node { fill: #1f6feb } .link { fill: #5b63c9 } .fold-hatch { stroke: #3d444d }
    .uevent.add { fill: #3fb950 } .uevent.remove { fill: #f0883e } .uevent.change { fill: #ab7df8 } .uevent.other { fill: #9198a1 }
    .process.add { fill: #12401f; stroke: #3fb950 } .process.remove { fill: #5a2d0c; stroke: #f0883e } .process.change { fill: #3c2366; stroke: #ab7df8 } .process.other { fill: #3d444d; stroke: #9198a1 } .missing, .process.guilty, .thread, .hatch { stroke: #ff7b72 }
  }";
def patterns: "<defs>"
  + "<pattern id=\"missing\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"8\" class=\"hatch\" stroke-width=\"3\" stroke-opacity=\"0.45\"/></pattern>"
  + "<pattern id=\"fold\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" class=\"fold-hatch\" stroke-width=\"1.5\"/></pattern>"
  + "</defs>";

# A bar's label: in it, or behind it, or before it where the picture ends.
def placed($right):
  (.label | width * em + 8) as $room
  | if .label == "" then .side = "none" | .first = .x1 | .last = ([.x2, .x1 + 1.5] | max)
    elif .x2 - .x1 >= $room then .side = "in" | .first = .x1 | .last = .x2
    elif .x2 + $room <= $right then .side = "behind" | .first = .x1 | .last = .x2 + $room
    else .side = "before" | .first = .x1 - $room | .last = .x2 end;
def label_at($y): . as $it | .label
  | if $it.side == "in" then text($it.x1 + 5; $y; "small") elif $it.side == "behind" then text($it.x2 + 5; $y; "small")
    elif $it.side == "before" then text($it.x1 - 5; $y; "small end") else empty end;
