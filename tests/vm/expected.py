"""What every step of tests/vm/steps.sh must become: fields of a document, and how they compare."""

import re


def field(document, name):
    """A field by its dotted name, or None."""
    for part in name.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(part)
    return document


def is_like(there, value):
    """Equal; or the list holds this set; or it matches; or, of a list, element by element."""
    if callable(value):
        return value(there)
    if isinstance(value, set):
        return isinstance(there, list) and value <= set(there)
    if isinstance(value, re.Pattern):
        return isinstance(there, str) and bool(value.search(there))
    if isinstance(value, list) and isinstance(there, list):
        return len(value) == len(there) and all(map(is_like, there, value))
    return there == value


def holds(document, wanted):
    return all(is_like(field(document, name), value) for name, value in wanted.items())


def names(name):
    """auditd.paths has this name among its paths."""
    return lambda paths: any(path.get("name") == name for path in paths or [])


def executed(*args, **more):
    return {
        "event.action": "executed",
        "event.category": ["process"],
        "event.type": ["start"],
        "event.outcome": "success",
        "process.args": list(args),
        "tags": {"exec", "vm"},
        **more,
    }


# ---- what each step of the story must become -------------------------------------------------

ROOT = {"user.id": "0", "user.name": "root"}
ALICE = {"user.id": "1000", "user.name": "alice", "user.audit.name": "alice"}


def file_event(action, kind, path, key, **more):
    return {
        "event.action": action,
        "event.category": ["file"],
        "event.type": [kind],
        "event.outcome": "success",
        "file.path": path,
        "tags": {key},
        **more,
    }


def network_event(action, types, address, port, **more):
    return {
        "event.action": action,
        "event.category": ["network"],
        "event.type": types,
        "auditd.summary.object.primary": address,
        "auditd.summary.object.secondary": port,
        "tags": {"external-access"},
        **more,
    }


STEPS = {
    "what the kernel said before the agent came": {
        "event.action": "initialized-audit-subsystem",
        "auditd.message_type": "kernel",
    },
    "the last thing before the end": executed("/bin/echo", "the last words"),
    "an argument that no datagram takes is shortened, and the document says so": executed(
        "true", "first", re.compile("^x{2000,8000}$"), "last",
        **{"process.args_count": 4, "log.flags": ["truncated"]},
    ),
    "a program with blanks, quotes, UTF-8 and an empty argument": executed(
        "/bin/echo", "two words", 'and "quotes"', "ünïcode", "",
        **ROOT,
        **{"process.executable": "/bin/busybox", "process.name": "echo", "process.args_count": 5},
    ),
    "a login id is set": {
        "event.action": "changed-login-id-to",
        "event.category": {"authentication"},
        "event.type": {"start"},
        "event.outcome": "success",
        "user.audit.name": "alice",
        "user.effective.name": "alice",
    },
    "a user is refused to read": {
        "event.action": "opened-file",
        "event.category": ["file"],
        "event.type": ["info"],
        "event.outcome": "failure",
        "auditd.data.exit": "EACCES",
        "file.path": "/etc/shadow",
        "file.mode": "0640",
        "process.name": "cat",
        "tags": {"access"},
        **ALICE,
    },
    "a user is refused to write": {
        "event.action": "opened-file",
        "event.outcome": "failure",
        "auditd.data.exit": "EACCES",
        "file.path": "/etc/passwd",
        "process.name": "sh",
        **ALICE,
    },
    "a file of identity is opened for writing": file_event(
        "opened-file",
        "info",
        "/etc/group",
        "identity",
        **ROOT,
        **{"file.inode": re.compile(r"^\d+$")},
    ),
    "a file of identity is replaced": {
        "event.action": "renamed",
        "event.category": ["file"],
        "event.type": ["change"],
        "event.outcome": "success",
        "auditd.paths": names("/etc/passwd"),
        "process.name": "sed",
        "tags": {"identity"},
    },
    "a file of identity changes its mode": file_event(
        "changed-file-permissions-of", "change", "/etc/shadow", "identity"
    ),
    "a directory is made": file_event("created-directory", "creation", "/tmp/work/dir", "work"),
    "a file's mode changes": file_event(
        "changed-file-permissions-of", "change", "/tmp/work/file", "work"
    ),
    "a file's owner changes": file_event(
        "changed-file-ownership-of", "change", "/tmp/work/file", "work"
    ),
    "a file gets a second name": {"event.action": "linked", "process.name": "ln", "tags": {"work"}},
    "a symbolic link is made": {
        "event.action": "symlinked",
        "process.name": "ln",
        "tags": {"work"},
    },
    "a file is renamed to a name with a blank": file_event(
        "renamed",
        "change",
        "/tmp/work/new name",
        "work",
        **{"auditd.paths": names("/tmp/work/hard")},
    ),
    "a file is deleted": file_event("deleted", "deletion", "/tmp/work/soft", "work"),
    "a directory is deleted": file_event("deleted", "deletion", "/tmp/work/dir", "work"),
    "a service binds": network_event(
        "bound-socket",
        ["start"],
        "127.0.0.1",
        "8080",
        **{"event.outcome": "success", "process.name": "httpd"},
    ),
    "a service accepts": {
        "event.action": "accepted-connection-from",
        "event.category": ["network"],
        "event.outcome": "success",
        "process.name": "httpd",
        "source.ip": "127.0.0.1",
        "tags": {"external-access"},
    },
    "a connection within the machine": network_event(
        "connected-to", ["connection", "start"], "127.0.0.1", "8080",
        **{"process.name": "wget", "destination.ip": "127.0.0.1", "destination.port": 8080},
    ),
    "a connection to another machine": {
        "event.action": "connected-to",
        "event.outcome": "success",
        "destination.ip": "10.0.2.2",
        "process.name": "nc",
        "network.direction": "egress",
    },
    "a connection that is refused": network_event(
        "connected-to", ["connection", "start"], "10.0.2.2", "1",
        **{"event.outcome": "failure", "auditd.data.exit": "ECONNREFUSED"},
    ),
    "a connection over IPv6": network_event("connected-to", ["connection", "start"], "::1", "9"),
    "a kernel module is loaded": {
        "event.action": "loaded-kernel-module",
        "event.category": ["driver"],
        "event.outcome": "success",
        "tags": {"modules"},
    },
    "a kernel module is unloaded": {
        "event.action": "unloaded-kernel-module",
        "event.category": ["driver"],
        "process.name": "rmmod",
        "tags": {"modules"},
    },
    "an interface listens to everything": {
        "event.action": "changed-promiscuous-mode-on-device",
        "auditd.data.dev": "dummy0",
    },
    "a file system is mounted": {
        "event.action": "mounted",
        "process.name": "mount",
        "tags": {"mounts"},
    },
    "a file system is unmounted": {
        "event.action": "unmounted",
        "process.name": "umount",
        "tags": {"mounts"},
    },
    "a BPF program is loaded": {"auditd.message_type": "bpf", "auditd.data.op": "LOAD"},
    "openat2, which has a record of its own": {
        "auditd.message_type": "syscall",
        "auditd.data.syscall": "openat2",
        "auditd.data.resolve": "0x4",
        "auditd.paths": names("/etc/hostname"),
        "process.name": "probe",
        "tags": {"openat2"},
    },
    "a file opened through io_uring": {
        "auditd.message_type": "uringop",
        "event.outcome": "success",
        "process.name": "probe",
        "auditd.paths": names("/etc/hostname"),
        "tags": {"uring"},
    },
    "a file opened by a worker of the kernel, without a system call": {
        "auditd.message_type": "uringop",
        "auditd.data.syscall": None,
        "auditd.data.uring_op": re.compile("."),
        "user.id": "0",
        "tags": {"uring"},
    },
    "a 32-bit system call": {
        "event.action": "opened-file",
        "auditd.data.arch": "i386",
        "auditd.data.syscall": "open",
        "file.path": "/etc/hostname",
        "process.name": "probe",
        "tags": {"32bit-abi"},
    },
    "a forbidden system call": {
        "event.action": "violated-seccomp-policy",
        "auditd.data.syscall": "getppid",
        "process.name": "probe",
    },
    "a program that crashes": {"event.action": "crashed-program", "process.name": "sh"},
    "a signal": {"event.action": "killed-pid", "process.name": "sh", "tags": {"signals"}},
    "ids are changed": {
        "event.action": "changed-identity-of",
        "process.name": "probe",
        "tags": {"ids"},
    },
    "ids that were given up do not come back": {
        "event.action": "changed-identity-of",
        "event.outcome": "failure",
        "auditd.data.exit": "EPERM",
        "process.name": "probe",
    },
    "a login that a program tells of": {
        "event.action": "logged-in",
        "event.category": ["authentication"],
        "event.outcome": "success",
        "auditd.message_type": "user_login",
        "source.ip": "192.0.2.7",
    },
    "a failed authentication that a program tells of": {
        "event.action": "authenticated",
        "event.outcome": "failure",
        "auditd.message_type": "user_auth",
    },
    "the agent's own registration": {
        "event.action": "changed-audit-configuration",
        "event.category": {"process", "configuration"},
        "event.type": {"change"},
        "event.outcome": "success",
        "auditd.data.op": "set",
        "auditd.data.audit_pid": re.compile(r"^[1-9]\d*$"),
    },
    "a rule that is added": {
        "event.action": "changed-audit-configuration",
        "auditd.data.op": "add_rule",
        "tags": {"identity"},
    },
}
