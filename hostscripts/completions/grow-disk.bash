# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion for bash. The table below comes from hostscripts/completions/table.
_grow_disk_table='@TABLE@'

# _grow_disk_find COMMAND OPTION: print the kind of its value.
_grow_disk_find() {
	local command option value
	while read -r command option value _; do
		[[ ($command == "$1" || $command == '*') && $option == "$2" ]] && printf '%s\n' "$value" && return
	done <<<"$_grow_disk_table"
}

# _grow_disk_files PATTERN WORD: complete folders, and files whose names match.
_grow_disk_files() {
	local IFS=$'\n' pattern=$1
	compopt -o filenames 2>/dev/null
	# shellcheck disable=SC2207 # one name a line
	COMPREPLY=($(compgen -d -- "$2") $(shopt -s extglob; compgen -f -X "!$pattern" -- "$2"))
}

# _grow_disk_value KIND WORD
_grow_disk_value() {
	local number=${2#+}
	case $1 in
	file) _grow_disk_files '*' "$2" ;;
	dir) _grow_disk_files '' "$2" ;;
	image) _grow_disk_files '*.@(qcow2|img|raw|wic|dd)' "$2" ;;
	trace) _grow_disk_files '*.@(jsonl|json)' "$2" ;;
	size)
		# shellcheck disable=SC2207 # words
		if [[ $number == [0-9]* ]]; then
			number=${2%"${2##*[0-9.]}"}
			COMPREPLY=($(compgen -W "${number}M ${number}G ${number}T" -- "$2"))
		else
			COMPREPLY=($(compgen -W '4G 8G 16G 32G 64G +1G +2G +4G +8G' -- "$2"))
		fi
		;;
	-- | text | -) ;;
	*)
		# shellcheck disable=SC2207 # words
		COMPREPLY=($(compgen -W "${1//|/ }" -- "$2"))
		[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
		;;
	esac
}

# _grow_disk_options COMMAND WORD
_grow_disk_options() {
	local command option
	while read -r command option _; do
		[[ ($command == "$1" || $command == '*') && $option == "$2"* && $option == --* ]] && COMPREPLY+=("$option")
	done <<<"$_grow_disk_table"
}

# _grow_disk_operand COMMAND WORD: find out how many operands stand before the word, and complete the next one.
_grow_disk_operand() {
	local i value count=0 kinds
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) return ;;
		-*)
			value=$(_grow_disk_find "$1" "${COMP_WORDS[i]}")
			[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
			[[ -z $value || $value == - ]] || ((i++))
			;;
		*) ((count++)) ;;
		esac
	done
	IFS=, read -ra kinds <<<"$(_grow_disk_find "$1" operands)"
	[[ ${kinds[count]} != -- ]] || COMPREPLY=(--)
	_grow_disk_value "${kinds[count]:-text}" "$2"
}

_grow_disk() {
	local command=${1##*/} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} kind
	COMPREPLY=()
	# bash splits --option=value into three words.
	if [[ $word == = ]]; then
		word=''
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	[[ ${COMP_WORDS[COMP_CWORD]} == = && $before != --* ]] && return
	kind=$(_grow_disk_find "$command" "$before")
	if [[ $before == --?* && $kind && $kind != - ]]; then
		_grow_disk_value "$kind" "$word"
	elif [[ $word == -* ]]; then
		_grow_disk_options "$command" "$word"
	else
		_grow_disk_operand "$command" "$word"
	fi
	return 0
}

complete -F _grow_disk @COMMANDS@
