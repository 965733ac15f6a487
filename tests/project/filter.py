"""tests/project/filter.py: which rule the kernel's filter finds for an event, from the rules' bytes.

After kernel/auditsc.c and kernel/auditfilter.c of Linux 6.12: audit_filter_syscall(), audit_filter_inodes(),
audit_filter_rules(), audit_match_perm(), audit_comparator(). It knows the fields that the sets of rules/ use and
stops at any other.
"""
import os
import struct
import subprocess

TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/tables")

LIST_EXIT = 4
NEVER = 0
WORDS = 64  # of a mask; fields, too
UIDS = {1: "uid", 2: "euid", 5: "gid", 6: "egid", 9: "auid"}
ARCH, DEVMAJOR, EXIT, SUCCESS, WATCH, PERM, DIR, FILETYPE, COMPARE, EXE, FAMILY, KEY = (
    11, 100, 103, 104, 105, 106, 107, 108, 111, 112, 113, 210)
ARG0 = 200
STRINGS = (WATCH, DIR, EXE, KEY)
COMPARISONS = {11: ("uid", "euid"), 20: ("gid", "egid")}
PERM_EXEC, PERM_WRITE, PERM_READ, PERM_ATTR = 1, 2, 4, 8
ACCESS = (PERM_READ, PERM_WRITE, PERM_READ | PERM_WRITE, PERM_READ | PERM_WRITE)  # ACC_MODE() of O_ACCMODE
FLAGS = {"open": 1, "openat": 2, "openat2": 2}  # openat2's lie behind a pointer; an event here has them in it
BIND = 2  # SYS_BIND of socketcall

# include/asm-generic/audit_*.h; a name that an architecture lacks is in no class there.
WRITE = set("""rename mkdir rmdir creat link unlink symlink mknod mkdirat mknodat unlinkat renameat linkat symlinkat
    renameat2 acct swapon quotactl truncate truncate64 ftruncate ftruncate64 bind fallocate""".split())
READ = set("readlink quotactl listxattr llistxattr flistxattr getxattr lgetxattr fgetxattr readlinkat".split())
CHANGE = set("""chmod fchmod chown lchown fchown setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
    fchownat fchmodat fchmodat2 chown32 fchown32 lchown32 link linkat""".split())
# audit_classify_syscall() of these leaves execveat out: arch/powerpc, arch/s390, lib/compat_audit.c.
NO_EXECVEAT = ("ppc", "ppc64", "ppc64le", "s390", "s390x")
NO_EXECVEAT_COMPAT = ("arm", "riscv32")


def table(name):
    with open(os.path.join(TABLES, name), encoding="utf-8") as f:
        return [line.split() for line in f if line.strip() and not line.startswith("#")]


class Machine:
    """What one ABI of a machine has: its number in the records, and its system calls."""

    def __init__(self, name, bits):
        [words] = [words for words in table("rule_machines.txt") if words[0] == name]
        self.abi = words[1 if bits == 64 else 2]
        self.compat = bits == 32 and words[1] != "-"
        if self.abi == "-":
            return
        [self.arch] = [int(number, 16) for number, abi, *_ in table("arches.txt") if abi == self.abi]
        file = "syscalls/%s.txt" % ("ppc" if self.abi.startswith("ppc") else self.abi)
        self.calls = {name: int(number) for number, *names in table(file) for name in names}

    def has_execveat_class(self):
        return self.abi not in NO_EXECVEAT and not (self.compat and self.abi in NO_EXECVEAT_COMPAT)


def texts_of(file):
    """The rules of a file, as they are written."""
    with open(file, encoding="ascii") as f:
        return [line.strip() for line in f if line.startswith("-")]


class Rule:
    def __init__(self, line, text):
        data = bytes.fromhex(line)
        head = struct.unpack_from("=III%dI" % (4 * WORDS + 1), data)
        self.text = text
        self.list, self.action, count = head[0] & 0x0f, head[1], head[2]
        self.mask = head[3:3 + WORDS]
        fields, values, flags = (head[3 + n * WORDS:3 + n * WORDS + count] for n in (1, 2, 3))
        at, self.fields, self.key = 12 + 4 * (4 * WORDS + 1), [], None
        for field, value, flag in zip(fields, values, flags):
            if field in STRINGS:
                value, at = data[at:at + value].decode(), at + value
            if field == KEY:
                self.key = value
            else:
                self.fields.append((field, flag, value))

    def in_mask(self, number):
        """audit_in_mask()"""
        return number // 32 < WORDS and bool(self.mask[number // 32] >> number % 32 & 1)

    def of_inode(self):
        """It lies in the hash of inodes, not in the exit list."""
        return any(field == WATCH for field, _, _ in self.fields)


def load(binary, machine, files):
    """The rules of these files in the order of loading, compiled for that machine."""
    rules = []
    for file in sorted(files, key=os.path.basename):
        done = subprocess.run([binary, "rules", "compile", "--machine", machine, file], check=True,
                              stdout=subprocess.PIPE, text=True)
        for line, text in zip(done.stdout.splitlines(), texts_of(file), strict=True):
            rules.append(Rule(line, text))
            rules[-1].file = file
    return rules


class Event:
    """A system call at its end. paths: the names that it looked up, absolute; values: of the process, the result, the
    address and the files, by the names in match_field()."""

    def __init__(self, machine, call, args, paths, values):
        self.machine, self.call, self.args, self.paths, self.values = machine, call, args, paths, values
        self.number = machine.calls[call]


def comparator(left, flag, right):
    """audit_comparator()"""
    return {0x40000000: left == right, 0x30000000: left != right, 0x10000000: left < right,
            0x50000000: left <= right, 0x20000000: left > right, 0x60000000: left >= right,
            0x08000000: bool(left & right), 0x48000000: left & right == right}[flag]


def match_perm(event, mask):
    """audit_match_perm()"""
    call = event.call
    if call in FLAGS:
        return bool(mask & ACCESS[event.args[FLAGS[call]] & 3])
    if call == "execve" or call == "execveat" and event.machine.has_execveat_class():
        return bool(mask & PERM_EXEC)
    if call == "socketcall":
        return bool(mask & PERM_WRITE) and event.args[0] == BIND
    return bool(mask & PERM_WRITE and call in WRITE or mask & PERM_READ and call in READ or
                mask & PERM_ATTR and call in CHANGE)


def below(path, directory):
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def signed(value):
    return value - (1 << 32) if value >> 31 else value


def match_field(event, field, flag, value, path):
    """One turn of audit_filter_rules(); path is None in the exit list."""
    values = event.values
    if field in UIDS:
        return comparator(values[UIDS[field]], flag, value)
    if ARG0 <= field < ARG0 + 4:
        return comparator(event.args[field - ARG0] & 0xffffffff, flag, value)
    if field == ARCH:
        return comparator(event.machine.arch, flag, value)
    if field == EXIT:
        return comparator(values["exit"], flag, signed(value))
    if field == SUCCESS:
        return comparator(int(values["exit"] >= 0), flag, int(value != 0))
    if field == WATCH:
        return path == value
    if field == DIR:
        return any(below(name, value) for name in event.paths)
    if field == PERM:
        return match_perm(event, value)
    if field == EXE:
        return (values["exe"] == value) == (flag == 0x40000000)
    if field == FAMILY:
        return values["family"] is not None and comparator(values["family"], flag, value)
    if field == COMPARE:
        left, right = COMPARISONS[value]
        return comparator(values[left], flag, values[right])
    if field == FILETYPE:
        return (value in values["filetypes"]) == (flag == 0x40000000)
    if field == DEVMAJOR:
        return any(comparator(major, flag, value) for major in values["devmajors"])
    raise ValueError("the filter here does not know field %d" % field)


def matches(event, rule, path):
    return rule.in_mask(event.number) and all(match_field(event, *field, path) for field in rule.fields)


def found(event, rules):
    """The rules that match, in the order of loading."""
    return [rule for rule in rules if rule.list == LIST_EXIT and
            any(matches(event, rule, path) for path in (event.paths if rule.of_inode() else [None]))]


def winner(event, rules):
    """The rule that counts, or None: the first that matches in the exit list; or, if it was loaded before that one
    (prio), the first in the hash of inodes for the first name that has one. There, a file that was made anew has the
    order of its rules turned around, which this leaves out."""
    hits = found(event, rules)
    in_list = next((n for n, rule in enumerate(hits) if not rule.of_inode()), len(hits))
    for path in event.paths:
        for rule in hits[:in_list]:
            if matches(event, rule, path):
                return rule
    return hits[in_list] if in_list < len(hits) else None
