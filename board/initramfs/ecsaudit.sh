# shellcheck shell=sh
# For an initramfs without systemd: start ecsaudit before the real root's init runs, and hand over.
# To be sourced. If the initramfs is the whole system, this is not needed: its init starts ecsaudit.
#
# Not needed to lose nothing: a kernel that was booted with audit=1 keeps what happens before an agent
# registers (audit_backlog_limit records). It is for rules that have to hold from the first program
# of the real root on.
#
# The last lines of the initramfs's /init, NEWROOT being the mounted real root:
#
#	. /lib/ecsaudit.sh
#	ecsaudit_start NEWROOT -o pid_file=/run/ecsaudit.pid
#	exec switch_root NEWROOT /sbin/init
#
# It must see the real root as its root from the beginning. switch_root(8) moves that mount onto /, which
# a process that has it as its root already does not notice; one whose root is the initramfs would
# look up every path in an empty file system from then on, and passwd would never come. That is what
# chroot(8) is for here, and why /dev, /proc, /sys and /run are moved first: what is opened in
# them stays where it is, too. busybox's and util-linux's switch_root kill nobody.
#
# Nobody starts it again if it dies, so in the real root the supervised one takes its place:
#
#	. /lib/ecsaudit.sh
#	ecsaudit_end /run/ecsaudit.pid
#	exec ecsaudit run -o pid_file=/run/ecsaudit.pid
#
# Between the two the kernel keeps the records, with audit=1.
#
# systemd in the initramfs ends all processes when it switches the root, but storage daemons that
# ask to be spared; an audit agent is none and does not ask. It gets SIGTERM, ends in order, and
# board/systemd/ecsaudit.service of the real root goes on.

ecsaudit_start() { # NEWROOT OPTIONS of ecsaudit run
	ecsaudit_root=$1
	shift
	for ecsaudit_mount in dev sys run proc; do
		if grep -q " /$ecsaudit_mount " /proc/mounts; then
			mount --move "/$ecsaudit_mount" "$ecsaudit_root/$ecsaudit_mount"
		fi
	done
	# A shell opens /dev/null for what it puts into the background: let it be that one's.
	chroot "$ecsaudit_root" /bin/sh -c '/usr/sbin/ecsaudit run "$@" &' sh "$@"
}

ecsaudit_end() { # PID_FILE
	[ -s "$1" ] || return 0
	kill "$(cat "$1")" 2>/dev/null || return 0
	ecsaudit_tries=30 # it is over in 2 s
	while [ -s "$1" ] && [ $ecsaudit_tries -gt 0 ]; do
		ecsaudit_tries=$((ecsaudit_tries - 1))
		sleep 0.1
	done
}
