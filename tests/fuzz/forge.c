/*
 * forge.c - the table: who writes text that others chose, and how it is delimited.
 *
 * The formats are those of Linux 5.10 to 6.15, of libaudit 3 and 4, and of the programs named.
 */
#include "forge.h"

#include "table_ids.h"

/* audit_log_common_recv_msg(), kernel/audit.c; then " msg='%.*s'" of audit_receive_msg() */
#define SENDER "pid=812 uid=0 auid=1000 ses=7 subj=unconfined"
#define SENT   SENDER " msg='"
#define UNSET  "pid=812 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg='"

/* "exe=%s hostname=%s addr=%s terminal=%s res=%s", audit_logging.c of libaudit */
#define EXE	 " exe=\"/usr/sbin/demo\""
#define TERMINAL " hostname=gw addr=192.0.2.9 terminal=pts/0 res="
#define FAILED	 EXE TERMINAL "failed'"
#define DONE	 EXE TERMINAL "success'"
/* "exe=%s sauid=%d hostname=%s addr=%s terminal=%s", audit_log_user_avc_message() */
#define AVC_BY	 "  exe=\"/usr/bin/demo\" sauid=81 hostname=? addr=? terminal=?'"
#define CONTEXTS " scontext=s:r:a_t:s0 tcontext=s:o:b_t:s0 tclass="

/* audit_log_task_info(), kernel/auditsc.c. subj= of AppArmor has a blank in it. */
#define IDS                                                                                        \
	"ppid=10 pid=11 auid=1000 uid=1001 gid=1001 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 "  \
	"tty=pts0 ses=3"
#define BY    " comm=\"demo\" exe=\"/usr/bin/demo\""
#define LABEL " subj=demo (enforce)"
#define TASK  IDS BY LABEL
/* Of those that only say who: audit_log_task(), audit_core_dumps(). */
#define WHO	    "auid=1000 uid=1001 gid=1001 ses=3" LABEL " pid=11"
#define CALL	    "arch=c000003e syscall=257 success=no exit=-13 a0=ffffff9c a1=7ffe a2=0 a3=0 items=1 "
#define LINKS	    "arch=c000003e syscall=88 success=yes exit=0 a0=1 a1=2 a2=0 a3=0 items=3 "
#define CANNOT_LINK "arch=c000003e syscall=88 success=no exit=-13 a0=1 a1=2 a2=0 a3=0 items=2 "
#define EXEC	    "arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=1 "
#define INODE	    " inode=7 dev=08:01 mode=0100600 ouid=0 ogid=0 rdev=00:00 nametype="
#define CAPS	    " cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
#define KEY	    " key=\"watch\""
#define CWD                                                                                        \
	{                                                                                          \
		RECORD_CWD, "cwd=\"/srv\""                                                         \
	}
#define OBJECT                                                                                     \
	{                                                                                          \
		RECORD_PATH, "item=0 name=\"/srv/file\"" INODE "NORMAL" CAPS                       \
	}
#define TITLE                                                                                      \
	{                                                                                          \
		RECORD_PROCTITLE, "proctitle=\"demo\""                                             \
	}

/* Whose account it is: an ECS user, which is left out where it is the actor again. */
#define ACCOUNT                                                                                    \
	"user.effective.* user.target.* user.changes.* related.user auditd.summary.object.* "      \
	"auditd.summary.actor.secondary"
#define ADDRESS "source.* related.ip network.direction network.type"
#define PARTS	"file.name file.extension file.directory"
#define HOW	"auditd.summary.how"

/* One record: of a program; of the kernel, alone or beside those of a system call. */
#define P(writer, writing, bytes, may, type, text)                                                 \
	{                                                                                          \
		writer, writing, bytes, ALONE, may,                                                \
		{                                                                                  \
			{                                                                          \
				RECORD_##type, text                                                \
			}                                                                          \
		}                                                                                  \
	}
#define K(writer, writing, bytes, may, type, text)                                                 \
	{                                                                                          \
		writer, writing, bytes, WITH_CALL, may,                                            \
		{                                                                                  \
			{                                                                          \
				RECORD_##type, text                                                \
			}                                                                          \
		}                                                                                  \
	}

#define ACCT(type, op)                                                                             \
	P("libaudit, audit_log_acct_message(), acct=", QUOTED_OR_HEX, ANY, ACCOUNT, type,          \
		UNSET "op=" op " acct=" T FAILED)
/* A name of a reverse look-up, or PAM_RHOST. glibc checks such names, other C libraries do not. */
#define HOST(type)                                                                                 \
	P("libaudit, hostname=", AS_IT_IS, LINE, ADDRESS, type,                                    \
		SENT "op=PAM:authentication grantors=? acct=\"ada\"" EXE " hostname=" T            \
		     " addr=192.0.2.9 terminal=ssh res=failed'"),                                  \
		P("libaudit, addr=", AS_IT_IS, WORD, ADDRESS, type,                                \
			SENT "op=PAM:authentication grantors=? acct=\"ada\"" EXE                   \
			     " hostname=gw addr=" T " terminal=ssh res=failed'")
/* PAM_TTY, or what ttyname() found. It may say another host and address: who else could have
 * written them, the host or the terminal, cannot be told. */
#define TTY(type)                                                                                  \
	P("libaudit, terminal=", AS_IT_IS, LINE,                                                   \
		ADDRESS " auditd.data.hostname auditd.data.addr auditd.summary.object.secondary",  \
		type,                                                                              \
		SENT "op=PAM:session_open grantors=pam_unix acct=\"ada\"" EXE                      \
		     " hostname=gw addr=192.0.2.9 terminal=" T " res=failed'")
#define PROGRAM(type)                                                                              \
	P("libaudit, _get_exename(), exe=", QUOTED_OR_HEX, ANY, HOW " process.name", type,         \
		SENT "op=PAM:setcred grantors=pam_unix acct=\"ada\" exe=" T TERMINAL "failed'")
#define SYSTEMD(type)                                                                              \
	P("systemd, unit_name_to_prefix_and_instance(), unit=", AS_IT_IS, UNIT, 0, type,           \
		UNSET "unit=" T " comm=\"systemd\"" DONE)
/* comm= and exe= of the kernel's own records: audit_log_untrustedstring(). */
#define COMM(type, front, behind)                                                                  \
	K("kernel, comm=", QUOTED_OR_HEX, ANY, HOW, type,                                          \
		front " comm=" T " exe=\"/usr/bin/demo\"" behind),                                 \
		K("kernel, exe=", QUOTED_OR_HEX, ANY, HOW, type,                                   \
			front " comm=\"demo\" exe=" T behind)
#define CALLED(writer, may, ...)                                                                   \
	{                                                                                          \
		writer, QUOTED_OR_HEX, ANY, WHOLE, may,                                            \
		{                                                                                  \
			{RECORD_SYSCALL, CALL TASK KEY}, __VA_ARGS__, OBJECT, TITLE                \
		}                                                                                  \
	}
#define EXECUTED(writer, may, ...)                                                                 \
	{                                                                                          \
		writer, QUOTED_OR_HEX, ANY, WHOLE, may,                                            \
		{                                                                                  \
			{RECORD_SYSCALL, EXEC TASK KEY}, __VA_ARGS__, CWD, OBJECT, TITLE           \
		}                                                                                  \
	}

const struct forge_template forge_templates[] = {
	/* ---- login, sshd, su, PAM, shadow: "op=%s acct=\"%s\"", or acct=HEX ---- */
	ACCT(USER_LOGIN, "login"),
	ACCT(USER_AUTH, "PAM:authentication grantors=?"),
	ACCT(USER_ACCT, "PAM:accounting grantors=pam_unix"),
	ACCT(USER_START, "PAM:session_open grantors=pam_unix"),
	ACCT(USER_END, "PAM:session_close grantors=pam_unix"),
	ACCT(CRED_ACQ, "PAM:setcred grantors=pam_unix"),
	ACCT(CRED_REFR, "PAM:setcred grantors=pam_unix"),
	ACCT(CRED_DISP, "PAM:setcred grantors=pam_unix"),
	ACCT(USER_ERR, "PAM:bad_ident grantors=?"),
	ACCT(USER_LOGOUT, "login"),
	ACCT(USER_CHAUTHTOK, "PAM:chauthtok grantors=pam_unix"),
	ACCT(USER_MGMT, "deleting user's mail file"),
	ACCT(ADD_USER, "adding user"),
	ACCT(DEL_USER, "deleting user"),
	/* Names of groups are not decoded: the peer takes them as they are. */
	P("groupadd, acct=", QUOTED_AND_KEPT, ANY, ACCOUNT " group.*", ADD_GROUP,
		UNSET "op=adding group acct=" T FAILED),
	P("groupdel, acct=", QUOTED_AND_KEPT, ANY, ACCOUNT " group.*", DEL_GROUP,
		UNSET "op=deleting group acct=" T FAILED),
	P("groupmod, acct=", QUOTED_AND_KEPT, ANY, ACCOUNT " group.*", GRP_MGMT,
		UNSET "op=changing group acct=" T FAILED),
	P("gpasswd, acct=", QUOTED_AND_KEPT, ANY, ACCOUNT " group.*", GRP_CHAUTHTOK,
		UNSET "op=changing password acct=" T FAILED),
	ACCT(ACCT_LOCK, "locked-password"),
	ACCT(ACCT_UNLOCK, "unlocked-password"),
	ACCT(CHGRP_ID, "changing"),
	ACCT(CHUSER_ID, "changing"),
	ACCT(GRP_AUTH, "changing"),
	ACCT(ANOM_LOGIN_FAILURES, "pam_faillock suid=0"),
	ACCT(RESP_ACCT_LOCK, "pam_faillock suid=0"),
	HOST(USER_LOGIN),
	HOST(USER_AUTH),
	HOST(USER_START),
	HOST(USER_ERR),
	HOST(CRED_DISP),
	TTY(USER_LOGIN),
	TTY(USER_AUTH),
	TTY(USER_END),
	TTY(CRED_DISP),
	PROGRAM(USER_AUTH),
	PROGRAM(USER_END),
	PROGRAM(USER_CHAUTHTOK),
	P("shadow's of Fedora, audit_logger_with_group(), grp=", QUOTED_OR_HEX, ANY,
		ACCOUNT " group.*", USER_MGMT,
		SENT "op=add-user-to-group grp=" T " acct=\"ada\"" DONE),
	P("an id and no name", AS_IT_IS, WORD, ADDRESS, USER_LOGIN,
		SENT "op=login id=1001" EXE " hostname=" T
		     " addr=192.0.2.9 terminal=ssh res=failed'"),
	P("semanage, audit_log_semanage_message(), acct=", QUOTED_OR_HEX, ANY, ACCOUNT, ROLE_ASSIGN,
		SENT "op=login acct=" T " old-seuser=a_u old-role=a_r old-range=s0 "
		     "new-seuser=b_u new-role=b_r new-range=s0" DONE),
	/* Red Hat Enterprise Linux 5: blanks and brackets, and text that is no field */
	P("audit-libs before 2.0, acct=", QUOTED_OR_HEX, ANY, ACCOUNT, USER_START,
		"user pid=1978 uid=0 auid=1000 msg='PAM: session open acct=" T
		" : exe=\"/usr/sbin/sshd\" (hostname=gw, addr=192.0.2.9, terminal=ssh "
		"res=success)'"),

	/* ---- sudo: audit_log_user_command(), "cwd=%s cmd=%s exe=%s terminal=%s res=%s" ---- */
	P("sudo, cwd=", QUOTED_OR_HEX, ANY, 0, USER_CMD,
		SENT "cwd=" T " cmd=\"id\"" EXE " terminal=pts/1 res=failed'"),
	P("sudo, cmd=", QUOTED_OR_HEX, ANY, 0, USER_CMD,
		SENT "cwd=\"/srv\" cmd=" T EXE " terminal=pts/1 res=failed'"),
	P("sudo, terminal=", AS_IT_IS, WORD, 0, USER_CMD,
		SENT "cwd=\"/srv\" cmd=\"id\"" EXE " terminal=" T " res=failed'"),
	/* the kernel writes this one itself, audit_receive_msg(): " data=" and
	 * audit_log_n_untrustedstring() */
	P("bash, a line that was typed, data=", QUOTED_OR_HEX, ANY, 0, USER_TTY, SENDER " data=" T),

	/* ---- systemd ---- */
	SYSTEMD(SERVICE_START),
	SYSTEMD(SERVICE_STOP),
	/* audit_callback() of core/selinux-access.c: argv joined by blanks, as it is */
	P("systemd, cmdline=", AS_IT_IS, LINE, 0, USER_AVC,
		UNSET "avc:  denied  { start } for auid=1000 uid=1001 gid=1001 "
		      "path=\"/usr/lib/systemd/system/x.service\" cmdline=\"" T
		      "\" function=\"bus_unit_method_start_generic\"" CONTEXTS
		      "service permissive=0" AVC_BY),
	P("systemd without a path, cmdline=", AS_IT_IS, LINE, 0, USER_AVC,
		UNSET "avc:  denied  { status } for auid=n/a uid=1001 gid=1001 cmdline=\"" T
		      "\"" CONTEXTS "system" AVC_BY),

	/* ---- D-Bus ---- */
	P("dbus-daemon, SELinux, dest=", AS_IT_IS, BUS, 0, USER_AVC,
		UNSET "avc:  denied  { send_msg } for  msgtype=method_call interface=org.example.I "
		      "member=M dest=" T " spid=2000 tpid=3000" CONTEXTS
		      "dbus permissive=0" AVC_BY),
	P("dbus-daemon, AppArmor, interface=", AS_IT_IS, BUS, 0, USER_AVC,
		UNSET "apparmor=\"DENIED\" operation=\"dbus_method_call\"  bus=\"system\" "
		      "path=\"/org/example\" interface=\"" T "\" member=\"Hello\" mask=\"send\" "
		      "name=\"org.example\" pid=2833 label=\"/usr/bin/client\" peer_pid=1 "
		      "peer_label=\"unconfined\"" AVC_BY),

	/* ---- what names virtual machines, packages, documents to print ---- */
	P("libvirt, vm=", QUOTED_OR_HEX, ANY, "auditd.summary.object.*", VIRT_CONTROL,
		SENT "virt=kvm op=start reason=booted vm=" T " uuid=c0ffee00-0000 vm-pid=77" DONE),
	P("libvirt, new-disk=", QUOTED_OR_HEX, ANY, "auditd.summary.object.*", VIRT_RESOURCE,
		SENT "virt=kvm resrc=disk reason=attach vm=\"box\" uuid=c0ffee00-0000 "
		     "old-disk=\"?\" new-disk=" T DONE),
	P("libvirt, vm=", QUOTED_OR_HEX, ANY, "auditd.summary.object.*", VIRT_MACHINE_ID,
		SENT "virt=kvm vm=" T " uuid=c0ffee00-0000 vm-ctx=s:r:a_t:s0 img-ctx=s:o:b_t:s0 "
		     "model=selinux" DONE),
	P("rpm, dnf, sw=", QUOTED_OR_HEX, ANY, "auditd.summary.object.* package.*", SOFTWARE_UPDATE,
		SENT "op=install sw=" T " sw_type=rpm key_enforce=0 gpg_res=1 root_dir=\"/\" "
		     "comm=\"dnf\"" DONE),
	P("rpm, dnf, root_dir=", QUOTED_OR_HEX, ANY, 0, SOFTWARE_UPDATE,
		SENT "op=install sw=\"demo-1\" sw_type=rpm key_enforce=0 gpg_res=1 root_dir=" T
		     " comm=\"dnf\"" DONE),
	/* a script passes on what somebody chose */
	P("auditctl -m, text=", AS_IT_IS, LINE, 0, USER, SENT "text=" T DONE),
	P("Xserver, usbguard, device=", QUOTED_OR_HEX, ANY, "auditd.summary.object.*", USER_DEVICE,
		SENT "op=\"changed-authorization-state-for\" device=" T " target=\"block\"" DONE),
	P("CUPS, title=", AS_IT_IS, LINE, 0, USER_LABELED_EXPORT,
		SENT "job=7 auid=1000 acct=ada printer=laser title=" T DONE),
	P("sshd, laddr=", AS_IT_IS, WORD, 0, CRYPTO_SESSION,
		SENT "op=start direction=from-client cipher=aes ksize=256 mac=hmac pfs=ecdh spid=9 "
		     "suid=0 rport=4242 laddr=" T " lport=22 " EXE
		     " hostname=? addr=192.0.2.9 terminal=? res=success'"),
	P("sshd, fp=", AS_IT_IS, WORD, 0, CRYPTO_KEY_USER,
		SENT "op=destroy kind=server fp=" T " direction=? spid=9 suid=0 " EXE
		     " hostname=? addr=192.0.2.9 terminal=? res=success'"),
	P("comm= of audit_log_user_comm_message()", QUOTED_OR_HEX, ANY, HOW, SYSTEM_BOOT,
		UNSET " comm=" T DONE),
	P("auditd, a peer's address, addr=", AS_IT_IS, WORD, ADDRESS, DAEMON_ACCEPT,
		"addr=" T " port=4242 res=success"),

	/* ---- the records of a system call ---- */
	{"kernel, SYSCALL comm=", QUOTED_OR_HEX, ANY, WHOLE, HOW,
		{{RECORD_SYSCALL, CALL IDS " comm=" T " exe=\"/usr/bin/demo\"" LABEL KEY}, CWD,
			OBJECT, TITLE}},
	{"kernel, SYSCALL exe=", QUOTED_OR_HEX, ANY, WHOLE, HOW,
		{{RECORD_SYSCALL, CALL IDS " comm=\"demo\" exe=" T LABEL KEY}, CWD, OBJECT, TITLE}},
	{"kernel, SYSCALL key=", QUOTED_OR_HEX, ANY, WHOLE, 0,
		{{RECORD_SYSCALL, CALL TASK " key=" T}, CWD, OBJECT, TITLE}},
	{"kernel, PATH name=", QUOTED_OR_HEX, ANY, WHOLE, PARTS,
		{{RECORD_SYSCALL, CALL TASK KEY}, CWD,
			{RECORD_PATH, "item=0 name=" T INODE "NORMAL" CAPS}, TITLE}},
	{"kernel, PATH name= of what was made", QUOTED_OR_HEX, ANY, WHOLE, PARTS,
		{{RECORD_SYSCALL, CALL TASK KEY}, CWD,
			{RECORD_PATH, "item=0 name=\"/srv\"" INODE "PARENT" CAPS},
			{RECORD_PATH, "item=1 name=" T INODE "CREATE" CAPS}, TITLE}},
	{"kernel, PATH name= of where a symbolic link points", QUOTED_OR_HEX, ANY, WHOLE, 0,
		{{RECORD_SYSCALL, LINKS TASK KEY}, CWD,
			{RECORD_PATH, "item=0 name=\"/srv/\"" INODE "PARENT" CAPS},
			{RECORD_PATH, "item=1 name=" T " nametype=UNKNOWN" CAPS},
			{RECORD_PATH, "item=2 name=\"/srv/link\"" INODE "CREATE" CAPS}}},
	{"kernel, PATH name= of where a symbolic link could not point", QUOTED_OR_HEX, ANY, WHOLE,
		0,
		{{RECORD_SYSCALL, CANNOT_LINK TASK KEY}, CWD,
			{RECORD_PATH, "item=0 name=" T " nametype=UNKNOWN" CAPS},
			{RECORD_PATH, "item=1 name=\"/srv/\"" INODE "PARENT" CAPS}, TITLE}},
	{"kernel, PATH name= of a symbolic link", QUOTED_OR_HEX, ANY, WHOLE, PARTS,
		{{RECORD_SYSCALL, LINKS TASK KEY}, CWD,
			{RECORD_PATH, "item=0 name=\"/srv/file\" nametype=UNKNOWN" CAPS},
			{RECORD_PATH, "item=1 name=" T INODE "CREATE" CAPS}, TITLE}},
	{"kernel, SYSCALL exe= of a long name", QUOTED_OR_HEX, ANY, WHOLE, HOW " process.name",
		{{RECORD_SYSCALL, CALL IDS " comm=\"aaaaaaaaaaaaaaa\" exe=" T LABEL KEY}, CWD,
			OBJECT, TITLE}},
	CALLED("kernel, CWD cwd=", PARTS, {RECORD_CWD, "cwd=" T}),
	{"kernel, PROCTITLE proctitle=", QUOTED_OR_HEX, ANY, WHOLE, 0,
		{{RECORD_SYSCALL, CALL TASK KEY}, CWD, OBJECT, {RECORD_PROCTITLE, "proctitle=" T}}},
	EXECUTED("kernel, EXECVE a1=", 0, {RECORD_EXECVE, "argc=3 a0=\"demo\" a1=" T " a2=\"-l\""}),
	EXECUTED("kernel, EXECVE a1[1]=", 0,
		{RECORD_EXECVE, "argc=3 a0=\"demo\" a1_len=9 a1[0]=2F a1[1]=" T " a2=\"-l\""}),
	{"kernel, SOCKADDR of a unix socket, saddr=", HEX, ANY, WHOLE,
		"auditd.data.* destination.*",
		{{RECORD_SYSCALL, "arch=c000003e syscall=42 success=no exit=-13 a0=3 a1=7ffe a2=6e "
				  "a3=0 items=0 " TASK KEY},
			{RECORD_SOCKADDR, "saddr=01002F" T}, TITLE}},
	{"kernel, OBJ_PID ocomm=", QUOTED_OR_HEX, ANY, WHOLE, "auditd.summary.object.*",
		{{RECORD_SYSCALL, "arch=c000003e syscall=62 success=yes exit=0 a0=5 a1=9 a2=0 a3=0 "
				  "items=0 " TASK KEY},
			{RECORD_OBJ_PID,
				"opid=5 oauid=1002 ouid=1002 oses=4 obj=unconfined ocomm=" T},
			TITLE}},
	{"kernel, the second OBJ_PID ocomm=", QUOTED_OR_HEX, ANY, WHOLE, 0,
		{{RECORD_SYSCALL, "arch=c000003e syscall=62 success=yes exit=0 a0=5 a1=9 a2=0 a3=0 "
				  "items=0 " TASK KEY},
			{RECORD_OBJ_PID,
				"opid=5 oauid=1002 ouid=1002 oses=4 obj=unconfined ocomm=\"a\""},
			{RECORD_OBJ_PID,
				"opid=6 oauid=1002 ouid=1002 oses=4 obj=unconfined ocomm=" T},
			TITLE}},
	{"kernel, KERN_MODULE name=", QUOTED_OR_HEX, ANY, WHOLE, "auditd.summary.object.*",
		{{RECORD_SYSCALL,
			 "arch=c000003e syscall=313 success=yes exit=0 a0=3 a1=7f a2=0 a3=0 "
			 "items=0 " TASK KEY},
			{RECORD_KERN_MODULE, "name=" T}, TITLE}},
	{"kernel, MQ_OPEN and PATH name=", QUOTED_OR_HEX, ANY, WHOLE, PARTS,
		{{RECORD_SYSCALL, "arch=c000003e syscall=240 success=yes exit=3 a0=7f a1=42 a2=1b6 "
				  "a3=0 items=1 " TASK KEY},
			{RECORD_MQ_OPEN,
				"oflag=0x42 mode=0600 mq_flags=0x0 mq_maxmsg=10 mq_msgsize=8 "
				"mq_curmsgs=0"},
			CWD, {RECORD_PATH, "item=0 name=" T INODE "CREATE" CAPS}, TITLE}},
	/* no comm= and exe=: audit_log_uring(), kernel/auditsc.c */
	K("kernel, URINGOP key=", QUOTED_OR_HEX, ANY, 0, URINGOP,
		"uring_op=18 success=no exit=-13 items=0 ppid=10 pid=11 uid=1001 gid=1001 euid=0 "
		"suid=0 fsuid=0 egid=0 sgid=0 fsgid=0" LABEL " key=" T),

	/* ---- netfilter: audit_log_nfcfg(), kernel/auditsc.c; the name is not escaped. nf_tables
	 * takes any byte but NUL, of anybody who has a user namespace ---- */
	K("kernel, NETFILTER_CFG table=", AS_IT_IS, ANY, "auditd.summary.object.*", NETFILTER_CFG,
		"table=" T ":3;?:0 family=2 entries=1 op=nft_register_table pid=11 subj=unconfined "
		"comm=\"nft\""),
	K("kernel under AppArmor, NETFILTER_CFG table=", AS_IT_IS, ANY, "auditd.summary.object.*",
		NETFILTER_CFG,
		"table=" T ":3;?:0 family=2 entries=1 op=nft_register_table pid=11" LABEL
		" comm=\"nft\""),
	K("kernel without LSM, NETFILTER_CFG table=", AS_IT_IS, ANY, "auditd.summary.object.*",
		NETFILTER_CFG,
		"table=" T ":3;?:0 family=2 entries=1 op=nft_unregister_table pid=11 comm=\"nft\""),
	K("kernel before 5.9, NETFILTER_CFG table=", AS_IT_IS, ANY, "auditd.summary.object.*",
		NETFILTER_CFG, "table=" T " family=2 entries=1 op=register"),
	K("kernel before 5.8, NETFILTER_CFG table=", AS_IT_IS, ANY, "auditd.summary.object.*",
		NETFILTER_CFG, "table=" T " family=2 entries=1"),
	K("kernel, NETFILTER_CFG comm=", QUOTED_OR_HEX, ANY, HOW, NETFILTER_CFG,
		"table=filter:3;?:0 family=2 entries=1 op=nft_register_table pid=11 "
		"subj=unconfined comm=" T),
	{"kernel, the second NETFILTER_CFG table=", AS_IT_IS, ANY, WHOLE, 0,
		{{RECORD_NETFILTER_CFG, "table=a:3;?:0 family=2 entries=1 op=nft_register_table "
					"pid=11 subj=unconfined comm=\"nft\""},
			{RECORD_NETFILTER_CFG, "table=" T ":3;?:0 family=2 entries=1 "
					       "op=nft_register_chain pid=11 subj=unconfined "
					       "comm=\"nft\""},
			{RECORD_SYSCALL, CALL TASK KEY}, TITLE}},

	/* ---- names of interfaces are not escaped ---- */
	K("kernel, net/core/dev.c, ANOM_PROMISCUOUS dev=", AS_IT_IS, INTERFACE,
		"auditd.summary.object.*", ANOM_PROMISCUOUS,
		"dev=" T " prom=256 old_prom=0 auid=1000 uid=1001 gid=1001 ses=3"),
	K("kernel, netlabel_unlabeled.c, netif=", AS_IT_IS, INTERFACE, "auditd.summary.object.*",
		MAC_UNLBL_STCADD,
		"netlabel: auid=1000 ses=3 subj=unconfined netif=" T
		" src=192.0.2.0 src_prefixlen=24 sec_obj=s:o:b_t:s0 res=1"),
	K("kernel, lsm_audit.c, netif=", AS_IT_IS, INTERFACE, 0, AVC,
		"avc:  denied  { ingress } for  pid=11 comm=\"demo\" saddr=192.0.2.9 src=22 "
		"daddr=192.0.2.10 dest=4242 netif=" T CONTEXTS "netif permissive=0"),

	/* ---- SELinux: lsm_audit.c ---- */
	K("kernel, AVC comm=", QUOTED_OR_HEX, ANY, HOW, AVC,
		"avc:  denied  { read write } for  pid=11 comm=" T " name=\"file\" dev=\"vda1\" "
		"ino=7" CONTEXTS "file permissive=0"),
	K("kernel, AVC path=", QUOTED_OR_HEX, ANY, "auditd.summary.object.* file.*", AVC,
		"avc:  denied  { read write } for  pid=11 comm=\"demo\" path=" T " dev=\"vda1\" "
		"ino=7" CONTEXTS "file permissive=0"),
	K("kernel, AVC name=", QUOTED_OR_HEX, ANY, "auditd.summary.object.* file.*", AVC,
		"avc:  denied  { read write } for  pid=11 comm=\"demo\" name=" T " dev=\"vda1\" "
		"ino=7" CONTEXTS "file permissive=0"),
	K("kernel, AVC dev=", QUOTED_OR_HEX, ANY, 0, AVC,
		"avc:  denied  { read write } for  pid=11 comm=\"demo\" name=\"file\" dev=" T
		" ino=7" CONTEXTS "file permissive=0"),
	K("kernel, AVC of a unix socket, path=", QUOTED_OR_HEX, ANY,
		"auditd.summary.object.* file.*", AVC,
		"avc:  denied  { connectto } for  pid=11 comm=\"demo\" path=" T CONTEXTS
		"unix_stream_socket permissive=0"),
	K("kernel, AVC kmod=", QUOTED_OR_HEX, ANY, 0, AVC,
		"avc:  denied  { module_request } for  pid=11 comm=\"demo\" kmod=" T CONTEXTS
		"system permissive=0"),
	K("kernel, AVC key_desc=", QUOTED_OR_HEX, ANY, 0, AVC,
		"avc:  denied  { view } for  pid=11 comm=\"demo\" key_serial=7 key_desc=" T CONTEXTS
		"key permissive=0"),
	K("kernel, AVC srawcon=", QUOTED_OR_HEX, ANY, 0, AVC,
		"avc:  denied  { read } for  pid=11 comm=\"demo\" name=\"file\" dev=\"vda1\" "
		"ino=7" CONTEXTS "file permissive=0 srawcon=" T),
	{"kernel, the second AVC name=", QUOTED_OR_HEX, ANY, WHOLE, 0,
		{{RECORD_AVC, "avc:  denied  { search } for  pid=11 comm=\"demo\" name=\"a\" "
			      "dev=\"vda1\" ino=7" CONTEXTS "dir permissive=0"},
			{RECORD_AVC, "avc:  denied  { read } for  pid=11 comm=\"demo\" name=" T
				     " dev=\"vda1\" ino=8" CONTEXTS "file permissive=0"},
			{RECORD_SYSCALL, CALL TASK KEY}, TITLE}},
	K("kernel, SELINUX_ERR invalid_context=", QUOTED_OR_HEX, ANY, 0, SELINUX_ERR,
		"op=setxattr invalid_context=" T),
	K("kernel, SELINUX_ERR of a transition, invalid_context=", QUOTED_OR_HEX, ANY, 0,
		SELINUX_ERR, "op=security_compute_sid invalid_context=" T CONTEXTS "process"),

	/* ---- AppArmor: security/apparmor/audit.c, lib.c ---- */
	K("kernel, AppArmor name=", QUOTED_OR_HEX, ANY, "auditd.summary.object.* file.*", AVC,
		"apparmor=\"DENIED\" operation=\"open\" class=\"file\" profile=\"demo\" name=" T
		" pid=11 comm=\"demo\" requested_mask=\"r\" denied_mask=\"r\" fsuid=1001 ouid=0"),
	K("kernel, AppArmor profile=", QUOTED_OR_HEX, ANY, "auditd.summary.object.*", AVC,
		"apparmor=\"DENIED\" operation=\"open\" class=\"file\" profile=" T
		" name=\"/srv/file\" pid=11 comm=\"demo\" requested_mask=\"r\" denied_mask=\"r\" "
		"fsuid=1001 ouid=0"),
	K("kernel, AppArmor comm=", QUOTED_OR_HEX, ANY, HOW, AVC,
		"apparmor=\"DENIED\" operation=\"open\" class=\"file\" profile=\"demo\" "
		"name=\"/srv/file\" pid=11 comm=" T
		" requested_mask=\"r\" denied_mask=\"r\" fsuid=1001 ouid=0"),
	K("kernel, AppArmor peer=", QUOTED_OR_HEX, ANY, "auditd.summary.object.*", AVC,
		"apparmor=\"DENIED\" operation=\"signal\" class=\"signal\" profile=\"demo\" pid=11 "
		"comm=\"demo\" requested_mask=\"send\" denied_mask=\"send\" signal=term peer=" T),
	K("kernel, AppArmor srcname=", QUOTED_OR_HEX, ANY, "auditd.summary.object.*", AVC,
		"apparmor=\"DENIED\" operation=\"mount\" class=\"mount\" info=\"failed mntpnt "
		"match\" "
		"error=-13 profile=\"demo\" name=\"/mnt/\" pid=11 comm=\"mount\" fstype=\"tmpfs\" "
		"srcname=" T " flags=\"rw, nosuid\""),
	K("kernel, AppArmor STATUS name=", QUOTED_OR_HEX, ANY, "auditd.summary.object.*", AVC,
		"apparmor=\"STATUS\" operation=\"profile_load\" profile=\"unconfined\" name=" T
		" pid=11 comm=\"apparmor_parser\""),

	/* ---- IMA, EVM, IPE, Landlock, fapolicyd ---- */
	K("kernel, integrity_audit.c, comm=", QUOTED_OR_HEX, ANY, HOW, INTEGRITY_DATA,
		"pid=11 uid=1001 auid=1000 ses=3 subj=unconfined op=appraise_data "
		"cause=invalid-hash comm=" T
		" name=\"/srv/file\" dev=\"vda1\" ino=7 res=0 errno=0"),
	K("kernel, integrity_audit.c, name=", QUOTED_OR_HEX, ANY, "auditd.summary.object.* file.*",
		INTEGRITY_DATA,
		"pid=11 uid=1001 auid=1000 ses=3 subj=unconfined op=appraise_data "
		"cause=invalid-hash comm=\"demo\" name=" T " dev=\"vda1\" ino=7 res=0 errno=0"),
	K("kernel, integrity_audit.c, dev=", QUOTED_OR_HEX, ANY, 0, INTEGRITY_METADATA,
		"pid=11 uid=1001 auid=1000 ses=3 subj=unconfined op=appraise_metadata "
		"cause=missing-HMAC comm=\"demo\" name=\"/srv/file\" dev=" T
		" ino=7 res=0 errno=0"),
	K("kernel, ima_api.c, file=", QUOTED_OR_HEX, ANY, "auditd.summary.object.* file.*",
		INTEGRITY_RULE, "file=" T " hash=\"sha256:65\" " TASK),
	K("kernel, evm_secfs.c, xattr=", QUOTED_OR_HEX, ANY, 0, INTEGRITY_EVM_XATTR,
		"xattr=" T " res=0"),
	K("kernel, ipe/audit.c, path=", QUOTED_OR_HEX, ANY, "auditd.summary.object.* file.*",
		IPE_ACCESS,
		"ipe_op=EXECUTE ipe_hook=BPRM_CHECK enforcing=1 pid=11 comm=\"demo\" path=" T
		" dev=\"vda1\" ino=7 rule=\"DEFAULT action=DENY\""),
	K("kernel, ipe/audit.c, comm=", QUOTED_OR_HEX, ANY, HOW, IPE_ACCESS,
		"ipe_op=EXECUTE ipe_hook=BPRM_CHECK enforcing=1 pid=11 comm=" T
		" path=\"/srv/file\" dev=\"vda1\" ino=7 rule=\"DEFAULT action=DENY\""),
	K("kernel, landlock/audit.c, path=", QUOTED_OR_HEX, ANY, "auditd.summary.object.* file.*",
		LANDLOCK_ACCESS,
		"domain=195ba459b blockers=fs.read_file path=" T " dev=\"vda1\" ino=7"),
	K("kernel, landlock/audit.c, ocomm=", QUOTED_OR_HEX, ANY, "auditd.summary.object.*",
		LANDLOCK_ACCESS, "domain=195ba459b blockers=ptrace opid=1 ocomm=" T),
	K("kernel, landlock/domain.c, exe=", QUOTED_OR_HEX, ANY, "auditd.summary.*",
		LANDLOCK_DOMAIN,
		"domain=195ba459b status=allocated mode=enforcing pid=11 uid=1001 exe=" T
		" comm=\"demo\""),
	K("kernel, landlock/domain.c, comm=", QUOTED_OR_HEX, ANY, "auditd.summary.*",
		LANDLOCK_DOMAIN,
		"domain=195ba459b status=allocated mode=enforcing pid=11 uid=1001 "
		"exe=\"/usr/bin/demo\" comm=" T),
	{"kernel, FANOTIFY and PATH name=", QUOTED_OR_HEX, ANY, WHOLE, PARTS,
		{{RECORD_FANOTIFY, "resp=2 fan_type=1 fan_info=3137 subj_trust=3 obj_trust=5"},
			{RECORD_SYSCALL, EXEC TASK KEY}, CWD,
			{RECORD_PATH, "item=0 name=" T INODE "NORMAL" CAPS}, TITLE}},

	/* ---- records that say who by themselves ---- */
	COMM(SECCOMP, WHO, " sig=31 arch=c000003e syscall=39 compat=0 ip=0x7f code=0x80000000"),
	COMM(ANOM_ABEND, WHO, " sig=11 res=1"),
	COMM(ANOM_LINK, "op=linkat " IDS, LABEL " res=0"),
	COMM(EVENT_LISTENER, "pid=11 uid=1001 auid=1000 tty=pts0 ses=3" LABEL,
		" nl-mcgrp=1 op=connect res=1"),
	COMM(DM_CTRL, "module=crypt op=ctr " IDS,
		LABEL " dev=253:0 error_msg='Device lookup failed' res=0"),
	COMM(FEATURE_CHANGE, IDS,
		LABEL " feature=loginuid_immutable old=0 new=1 old_lock=0 "
		      "new_lock=1 res=1"),
	K("kernel, tty_audit.c, comm=", QUOTED_OR_HEX, ANY, HOW, TTY,
		"tty pid=11 uid=1001 auid=1000 ses=3 major=136 minor=0 comm=" T " data=6C730D"),
	K("kernel, tty_audit.c, data=", HEX, ANY, 0, TTY,
		"tty pid=11 uid=1001 auid=1000 ses=3 major=136 minor=0 comm=\"demo\" data=" T),
	K("kernel, auditfilter.c, CONFIG_CHANGE key=", QUOTED_OR_HEX, ANY,
		"auditd.summary.object.*", CONFIG_CHANGE,
		"auid=1000 ses=3 subj=unconfined op=add_rule key=" T " list=4 res=1"),
	K("kernel, audit_watch.c, CONFIG_CHANGE path=", QUOTED_OR_HEX, ANY,
		"auditd.summary.object.* file.*", CONFIG_CHANGE,
		"auid=1000 ses=3 op=updated_rules path=" T " key=\"watch\" list=4 res=1"),
};

const unsigned forge_template_count = sizeof(forge_templates) / sizeof(forge_templates[0]);

/* What others tried, before anything is made up. */
const char *const forge_attacks[] = {
	"",
	"?",
	"(null)",
	"a\\",
	"a'",
	"'",
	"\"",
	"a\"",
	"root",
	"0",
	"1000",
	"31303030",
	"4A4B",
	"x'auid=0'uid=0'pid=1'ses=1'key=x",
	"x'success=yes",
	"x'res=success'",
	"x auid=0 uid=0 pid=1 ses=1 euid=0 exe=/bin/x key=x tags=x",
	"x\" uid=0 auid=0 res=success success=yes b=\"c",
	"\"x\" family=10 entries=9 op=nft_evil pid=1 subj=evil comm=\"evil\"",
	"x sauid=0",
	"x addr=192.0.2.66",
	"x job=1 acct=root printer=evil title=y comm=\"evil\" exe=\"/bin/x\"",
	"x' uid=0 auid=0 exe=\"/bin/x\" res=success'",
	"x exe=\"/bin/x\" hostname=evil addr=192.0.2.66 terminal=evil res=success",
	"x exe=\"/bin/x\" sauid=0 hostname=evil addr=192.0.2.66 terminal=evil",
	"x\" scontext=e:v:i:l tcontext=e:v:i:l tclass=file permissive=1 y=\"",
	"x\" function=\"evil\" scontext=e:v:i:l tcontext=e:v:i:l tclass=file permissive=1",
	"x msg='op=evil acct=\"root\" res=success'",
	"x op=evil acct=root id=0 unit=evil cmd=65 cwd=65",
	"x family=10 entries=9 op=nft_evil pid=1 subj=evil comm=\"evil\"",
	"x family=10 entries=9 op=nft_evil pid=1 comm=6576",
	"x family=10 entries=9",
	"x\nfamily=10\nentries=9\npid=1",
	"x cwd=/root proctitle=65 syscall=1 arch=c000003e success=yes",
	"x} for pid=1 uid=0",
	"avc:  granted  { evil } for  pid=1 comm=\"evil\"",
	"x apparmor=\"STATUS\" operation=\"evil\" profile=\"evil\" info=\"evil\" error=0",
	"x audit(1.2:3): pid=1 uid=0",
	"x type=SYSCALL msg=audit(1700000000.123:7): uid=0 pid=1",
	"x\035UID=\"root\" AUID=\"root\"",
	"a\"uid=0",
	"a'uid=0",
	"a\"pid=1",
	"uid=0",
	"a=uid=0",
	"x old_prom=7 auid=0",
	"x src=192.0.2.66 sec_obj=evil res=0",
	"x data=6576696C",
	"x)'",
	"x, ",
	"x (hostname=evil, addr=192.0.2.66, terminal=evil res=failed)",
	"../x",
	"/etc/shadow",
	"x name=/etc/shadow path=/etc/shadow nametype=CREATE mode=0100777 ouid=0 saddr=0200",
	"x\\x2dy",
	"x syscall=socket a0=2 a1=1 a2=0 exit=0 arch=c000003e items=1",
	"x syscall=exit_group a0=7 saddr=192.0.2.66 proto=6",
	"x' syscall=socket a0=2 a1=1 a2=0 argc=1 a0=\"x\" comm=\"evil\"",
	"a.b.c/",
	"/tmp/aaaaaaaaaaaaaaaaaaaaaaaa (deleted)",
	"/etc/link",
	"link",
	"192.0.2.66",
	"2001:db8::66",
	"/..",
	"\xff\xfe\xe2\x80\xa8",
};

const unsigned forge_attack_count = sizeof(forge_attacks) / sizeof(forge_attacks[0]);
