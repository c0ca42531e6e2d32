# SPDX-License-Identifier: GPL-2.0-or-later
# The summary as a table for people: counts, then the images that are not as asked.
include "fleet";

def pad($width): tostring | . + (" " * ($width - length) // "");
def left_pad($width): tostring | (" " * ($width - length) // "") + .;
def shown: 50;

. as $all
| (states[] | . as [$state, $title] | select($all.states[$state] > 0)
	| "\($title | pad(16))\($all.states[$state] | left_pad(9))",
	  ($all.reasons[] | select(.state == $state) | "  \(.reason | pad(22))\(.count | left_pad(9))")),
"\("all" | pad(16))\($all.total | left_pad(9))",
([$all.images[] | select(.message)] | (.[:shown][] | "", "\(.image | visible)", "  \(.message | visible) [\(.reason)]"),
	(if length > shown then "", "and \(length - shown) more: --json, or --html FILE, has all" else empty end))
