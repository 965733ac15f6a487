# shellcheck shell=bash
# board/qemu/lab.sh: a collector on the host and the appliance that talks to it. To be sourced.
#
#	lab_need BINARY     the tools are here, and the binary, build/ecsaudit unless given
#	lab_start DIR       rsyslogd on a free port of 127.0.0.1; DIR is made anew
#	lab_boot NAME ...   boot the appliance with the given arguments of board/qemu/initramfs
#	lab_stop            end rsyslogd, everything received being on disk
#
# DIR then holds documents.ndjson (a message's text a line), headers.tsv (PRI, time, HOSTNAME,
# APP-NAME, PROCID, MSGID, structured data of the same messages), socket (the UDP socket's line
# of /proc/net/udp: what the host itself dropped), and what board/qemu/boot leaves in DIR/NAME.
#
# Only processes started here are ended, by their id, and all of them when the shell exits.

lab_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab_out=${O:-build}
lab_kernel=${VM_KERNEL:-build/vm/kernel}
lab_pid=''

lab_need() { # BINARY
	local command
	lab_binary=${1:-$lab_out/ecsaudit}
	# What is installed is the stripped one.
	[ ! -x "$lab_binary.stripped" ] || lab_binary=$lab_binary.stripped
	for command in qemu-system-x86_64 rsyslogd busybox cpio depmod python3; do
		if ! command -v "$command" >/dev/null || [ ! -d "$lab_kernel/boot" ]; then
			echo "$0: something is not here ($command or $lab_kernel): tools/setup demo" >&2
			exit 1
		fi
	done
	if [ ! -x "$lab_binary" ]; then
		echo "$0: no $lab_binary: make" >&2
		exit 1
	fi
}

lab_kernel_name() {
	local image
	image=$(echo "$lab_kernel"/boot/vmlinuz-*)
	echo "Linux ${image##*/vmlinuz-}"
}

# A port that is free for both UDP and TCP.
lab_free_port() {
	python3 -c '
import socket
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
tcp = socket.socket()
tcp.bind(udp.getsockname())
print(udp.getsockname()[1])'
}

# The example for users, with our paths and ports and a second file for the headers.
lab_rsyslog_conf() {
	sed -e '/^input(/d' -e 's/^#module/module/' -e "s|/var/log/ecsaudit.ndjson|$lab_dir/documents.ndjson|" \
		"$lab_here/../collectors/rsyslog.conf"
	cat <<-END
		template(name="headers" type="list") {
			property(name="pri") constant(value="\t")
			property(name="timereported" dateFormat="rfc3339") constant(value="\t")
			property(name="hostname") constant(value="\t")
			property(name="app-name") constant(value="\t")
			property(name="procid") constant(value="\t")
			property(name="msgid") constant(value="\t")
			property(name="structured-data") constant(value="\n")
		}
		ruleset(name="lab") {
			action(type="omfile" file="$lab_dir/headers.tsv" template="headers")
			call ecsaudit
		}
		input(type="imudp" address="127.0.0.1" port="$lab_port" ruleset="lab" rcvbufSize="4m")
		input(type="imtcp" address="127.0.0.1" port="$lab_port" ruleset="lab")
		syslog.* action(type="omfile" file="$lab_dir/rsyslogd.log")
	END
}

# The UDP socket's line; "drops" is its last column, "rx_queue" the second half of its fifth.
lab_socket() {
	grep -i ": 0100007F:$(printf %04X "$lab_port") " /proc/net/udp
}

lab_start() { # DIR
	local tries=100
	rm -rf "$1"
	mkdir -p "$1"
	lab_dir=$(realpath "$1")
	lab_port=$(lab_free_port)
	lab_rsyslog_conf >"$lab_dir/rsyslog.conf"
	: >"$lab_dir/documents.ndjson"
	: >"$lab_dir/headers.tsv"
	rsyslogd -n -i "$lab_dir/rsyslogd.pid" -f "$lab_dir/rsyslog.conf" \
		>"$lab_dir/rsyslogd.out" 2>&1 &
	lab_pid=$!
	trap lab_end EXIT
	until lab_socket >/dev/null; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ] || ! kill -0 "$lab_pid" 2>/dev/null; then
			echo "$0: rsyslogd did not start:" >&2
			cat "$lab_dir"/rsyslogd.out "$lab_dir"/rsyslogd.log >&2
			exit 1
		fi
		sleep 0.1
	done
}

lab_boot() { # NAME STORY [-a KERNEL_ARGUMENTS] [-t SECONDS] [-- INITRAMFS_ARGUMENTS...]
	local name=$1 story=$2 boot=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		boot+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	mkdir -p "$lab_dir/$name"
	COLLECTOR_PORT=$lab_port "$lab_here/initramfs" -k "$lab_kernel" -b "$lab_binary" \
		-o "$lab_dir/$name/initramfs" "$@" "$story=/story"
	"$lab_here/boot" -k "$lab_kernel" -i "$lab_dir/$name/initramfs" -d "$lab_dir/$name" \
		"${boot[@]}"
	rm "$lab_dir/$name/initramfs"
}

# End rsyslogd once it has read what the kernel holds for it.
lab_stop() {
	local tries=50
	while [ $tries -gt 0 ] && ! lab_socket | grep -q ' [0-9A-F]*:00000000 '; do
		tries=$((tries - 1))
		sleep 0.1
	done
	sleep 0.2
	lab_socket >"$lab_dir/socket"
	lab_end
}

lab_end() {
	[ -n "$lab_pid" ] || return 0
	kill "$lab_pid" 2>/dev/null || true
	wait "$lab_pid" 2>/dev/null || true
	lab_pid=''
}
