# shellcheck shell=sh
# What happens in the stories of tests/vm: one function a theme, each a handful of events.
# Programs are called by their full path: busybox's shell would run its own ones without an
# execve.

# A rule watches the directory, so it has to be there before the agent is.
steps_prepare() {
	mkdir /tmp/work
}

step_exec() {
	/bin/echo 'two words' 'and "quotes"' 'ünïcode' ''
	/bin/sh -c '/bin/uname -a; /bin/true' | /bin/cat
	/bin/probe args 9000
	/bin/probe nosuchpart
}

# Alice logs in, is curious, and is refused.
step_denied() {
	(
		echo 1000 >/proc/self/loginuid
		exec /bin/su alice -c '/bin/cat /etc/shadow; echo >>/etc/passwd; /bin/id'
	)
}

step_ids() {
	/bin/probe ids
}

step_identity() {
	echo 'ops:x:2000:alice' >>/etc/group
	/bin/sed -i 's/Alice/Alice Liddell/' /etc/passwd
	/bin/chmod 0600 /etc/shadow
	/bin/passwd -l alice
}

step_files() {
	/bin/mkdir -p /tmp/work/dir
	echo text >/tmp/work/file
	/bin/chmod 0640 /tmp/work/file
	/bin/chown 1000:1000 /tmp/work/file
	/bin/ln /tmp/work/file /tmp/work/hard
	/bin/ln -s file /tmp/work/soft
	/bin/mv /tmp/work/hard '/tmp/work/new name'
	/bin/rm /tmp/work/soft
	/bin/rmdir /tmp/work/dir
	/bin/rmdir /tmp/work/nothing
}

step_network() {
	/bin/httpd -p 127.0.0.1:8080 -h /etc
	/bin/wget -q -O /dev/null http://127.0.0.1:8080/hostname
	/bin/nc -w 20 10.0.2.2 @PORT@ </dev/null
	/bin/nc -w 20 10.0.2.2 1 </dev/null
	/bin/nc -w 20 ::1 9 </dev/null
}

step_module() {
	/bin/modprobe dummy
	/bin/ip link set dummy0 promisc on
	/bin/rmmod dummy
	/bin/rmmod nosuchmodule
}

step_mount() {
	/bin/mount -t tmpfs -o size=64k none /mnt
	/bin/umount /mnt
	/bin/umount /mnt
}

step_time() {
	/bin/date -s "@$(($(date +%s) + 1))"
}

step_bpf() {
	/bin/probe bpf
}

step_openat2() {
	/bin/probe openat2
}

# Without a system call of its own where a worker of the kernel opens the file.
step_uring() {
	/bin/probe uring
}

step_abi32() {
	/bin/probe abi32
}

step_seccomp() {
	/bin/probe seccomp
}

step_abend() {
	/bin/sh -c 'kill -SEGV $$'
}

# As programs tell of users: their text comes unescaped, in the kernel's msg='...'.
step_users() {
	login='exe="/bin/login" hostname=desk addr=192.0.2.7 terminal=tty1'
	/bin/probe tell 1100 "op=PAM:authentication acct=\"mallory\" $login res=failed"
	/bin/probe tell 1100 "op=PAM:authentication acct=\"alice\" $login res=success"
	/bin/probe tell 1101 "op=PAM:accounting acct=\"alice\" $login res=success"
	/bin/probe tell 1105 "op=PAM:session_open acct=\"alice\" $login res=success"
	/bin/probe tell 1112 "op=login acct=\"alice\" $login res=success"
	/bin/probe tell 1123 'cwd="/home/alice" cmd=6C73202D6C terminal=tty1 res=success'
	/bin/probe tell 1106 "op=PAM:session_close acct=\"alice\" $login res=success"
	unit='unit=web comm="init" exe="/sbin/init" hostname=? addr=? terminal=?'
	/bin/probe tell 1130 "$unit res=success"
	/bin/probe tell 1131 "$unit res=failed"
}

# Others want to be the kernel's listener, and are refused.
step_config() {
	timeout 10 ecsaudit run -c /etc/ecsaudit.json
}

# shellcheck disable=SC2034 # for those who source this
steps='exec denied ids identity files network module mount time bpf openat2 uring abi32'
steps="$steps seccomp abend users config"
