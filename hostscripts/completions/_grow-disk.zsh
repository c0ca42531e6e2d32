#compdef @COMMANDS@
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion for zsh. The specifications come from hostscripts/completions/table.

_grow_disk_image() { _files -g '*.(qcow2|img|raw|wic|dd)(-.)' }
_grow_disk_trace() { _files -g '*.(jsonl|json)(-.)' }

_grow_disk_size() {
	local number=${${PREFIX#+}%%[^0-9.]*}
	if [[ -n $number ]]; then
		compadd -X size -- ${PREFIX%%[A-Za-z]*}{M,G,T}
	else
		compadd -X 'size' -- 4G 8G 16G 32G 64G +1G +2G +4G +8G
	fi
}

case $service in
@SPECIFICATIONS@
esac
