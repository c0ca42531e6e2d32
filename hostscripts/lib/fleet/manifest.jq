# SPDX-License-Identifier: GPL-2.0-or-later
# A manifest, as lines of text, becomes tasks {image, size, options}: absolute names,
# sizes as text. A line that is wrong becomes {fault, line} instead.

def size_ok: test("^[0-9]+(\\.[0-9]+)?[bBkKmMgGtTpPeE]?$");

# contains("\u0000") is always true in jq 1.6.
def has_nul: any(explode[]; . == 0);

def check:
	if (.image | type) != "string" or .image == "" then {fault: "there is no image"}
	elif .image | has_nul then {fault: "a file name cannot hold a NUL"}
	elif .size != null and (.size | startswith("+")) then {fault: "the size \(.size) is relative: done twice, it would grow twice. Write the whole size"}
	elif .size != null and (.size | size_ok | not) then {fault: "\(.size | tojson) is not a size, like 8G, 1.5T or bytes"}
	elif (.options | type) != "array" or any(.options[]; type != "string") then {fault: "options is not a list of texts"}
	elif any(.options[]; has_nul) then {fault: "an option cannot hold a NUL"}
	elif any(.options[]; test("^(--(help|version|plan|discard|json|)|-[hV]+)$")) then {fault: "these options do not grow a disk, or are set already: \(.options | join(" "))"}
	else .image |= (if startswith("/") then . else $folder + . end) end;

def from_object:
	(keys_unsorted - ["image", "size", "options"]) as $unknown
	| if $unknown != [] then {fault: "there is no member \($unknown[0] | tojson)"}
	  elif .size != null and (.size | type) == "number" and (.size != (.size | floor) or .size < 0) then {fault: "the size \(.size) is no number of bytes"}
	  elif .size != null and ([.size | type] | inside(["number", "string"]) | not) then {fault: "size is neither text nor a number"}
	  else {image, size: (if .size == null or .size == "" then null else .size | tostring end), options: (.options // [])} | check end;

def from_line:
	rtrimstr("\r") | split("\t")
	| if length > 3 then {fault: "more than three fields: image, size, options"}
	  else {image: .[0], size: (if (.[1] // "") == "" then null else .[1] end), options: (.[2] // "" | split(" ") | map(select(. != "")))} | check end;

def task:
	if startswith("{") then (try ([fromjson] | .[0]) catch null) as $object
		| if $object == null then {fault: "this is not one whole JSON object"} else $object | from_object end
	else from_line end;

foreach inputs as $line (0; . + 1; . as $number
	| $line | ltrimstr("\ufeff")
	| select(test("^[ \t\r]*(#.*)?$") | not)
	| task | . + {line: $number})
