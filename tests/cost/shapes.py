"""Events that cost much, made of parts: what tests/cost/run and tests/cost/search count.

An event is a list of parts, a part is (kind, number of records, length, bytes): so many records of
a kind, each with so much of a text made of those bytes. KINDS makes the body of record i of n.
"""
SYSCALL = (b"arch=c000003e syscall=%d success=yes exit=0 a0=55d0 a1=55d0 a2=55d0 a3=8 items=2 ppid=1116 "
           b"pid=1117 auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 "
           b"fsgid=1000 tty=pts1 ses=3 comm=\"x\" exe=\"/bin/x\" subj=unconfined key=\"exec\"")
EXECVE_CALL, OPEN_CALL, SENDTO_CALL = 59, 2, 44
PATH_TAIL = (b"inode=286 dev=00:02 mode=0100640 ouid=0 ogid=0 rdev=00:00 obj=u:r:t:s0 nametype=NORMAL cap_fp=0 "
             b"cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0")
RECORD = 12200  # bytes of the longest body: LIMIT_RECORD_BYTES less a header
TEXTS = {
    "plain": b"x",
    "quote": b"\"",
    "apostrophe": b"'",
    "backslash": b"\\",
    "control": b"\x01",
    "nul": b"\0",
    "blank": b" ",
    "equals": b"=",
    "invalid": b"\xff",
    "torn": b"\xe2\x82",
    "nel": b"\xc2\x85",
    "separator": "\u2028".encode(),
    "wide": "\U0001f600".encode(),
    "mixed": b"a\x01b\xff\"",
    "slash": b"/",
    "dots": b"/./x",
    "up": b"../",
    "digits": b"1234567",
    "word": b"a=b ",
    "name": b"\" a=\"",
    "exe": b" exe=\"",
    "tail": b" res=success",
    "open": b"\"x ",
    "call": b" msg='",
    "denied": b"denied  { a } for ",
    "bracket": b"(",
    "time": b"=audit(1795361365",
    "separators": b"\x1d",
    "escape": b"#035",
    "id": b" uid=0",
    "acct": b" acct=",
    "comma": b"a, b=",
    "escaped": b"\\\"",
    "hex": b"a0=41 ",
    "UID": b" UID=a",
    "OWNER_UID": b" OWNER_UID=\"a\"",
}


def bytes_of(name):
    """Of a text, or of several: "word+quote"."""
    return b"".join(TEXTS[part] for part in name.split("+"))


def fill(text, length):
    return (text * (length // len(text) + 1))[:length]


def hexed(text, length):
    return fill(text, length // 2).hex().upper().encode()


def quoted(text, length):
    return b"\"" + fill(text, length).replace(b"\"", b"'").replace(b"\n", b" ") + b"\""


def raw(text, length):
    return fill(text, length).replace(b"\n", b" ")


def letters(i, length):
    """Name number i, of lower case letters."""
    out = b""
    for _ in range(length):
        out = bytes([97 + i % 26]) + out
        i //= 26
    return out


def colliding(i, length):
    """Name number i of those with one hash, for field_bucket() of record.h: 31 * 2 = 'k' - '-'."""
    return b"".join(b"c-" if i >> bit & 1 else b"ak" for bit in range(length))


def fields(name_of, base, length, value=b"1", room=RECORD):
    out = []
    while room > 0:
        out.append(name_of(base + len(out), length) + b"=" + value)
        room -= len(out[-1]) + 1
    return b" ".join(out[:-1])


def argv(args, per_record, text_of):
    """Bodies of EXECVE with so many arguments."""
    out = []
    for first in range(0, args, per_record):
        out.append(b" ".join(b"a%d=%s" % (i, text_of(i)) for i in range(first, min(args, first + per_record))))
    out[0] = b"argc=%d " % args + out[0]
    return out


def message(text, length):
    return b"pid=1 uid=0 auid=0 ses=1 msg='op=x " + raw(text, length) + b" exe=\"/x\" hostname=? addr=? res=success'"


def ids(i, length, end):
    """Fields of different ids: in lower case, or as auditd appends them."""
    upper = end != b" "
    out = b""
    for k in range(16):
        name = letters(16 * i + k, 2) + (b"uid", b"gid")[k % 2]
        out += name.upper() + b"=" + end if upper else name + b"=%d " % (16 * i + k)
        if len(out) > length:
            break
    return out.rstrip()


# kind: (type, function of (i, n, length, text) -> body)
KINDS = {
    "args": ("EXECVE", None),       # n arguments in quotes, many a record
    "hexargs": ("EXECVE", None),
    "pieces": ("EXECVE", None),     # of one argument
    "backwards": ("EXECVE", None),  # the same in the wrong order
    "path": ("PATH", lambda i, n, l, t: b"item=%d name=%s %s" % (i, quoted(t, l), PATH_TAIL)),
    "hexpath": ("PATH", lambda i, n, l, t: b"item=%d name=%s %s" % (i, hexed(t, l), PATH_TAIL)),
    "bare": ("PATH", lambda i, n, l, t: b"item=%d" % i),
    "label": ("PATH", lambda i, n, l, t: b"item=%d name=\"/x\" obj=%s nametype=NORMAL" % (i, raw(t, l))),
    "oddpath": ("PATH", lambda i, n, l, t: fields(letters, i * 1900, 3, b"1", max(l, 8))),
    "cwd": ("CWD", lambda i, n, l, t: b"cwd=" + hexed(t, l)),
    "cwdquoted": ("CWD", lambda i, n, l, t: b"cwd=" + quoted(t, l)),
    "title": ("PROCTITLE", lambda i, n, l, t: b"proctitle=" + hexed(t, l)),
    "unix": ("SOCKADDR", lambda i, n, l, t: b"saddr=0100" + hexed(t, l)),
    "inet6": ("SOCKADDR", lambda i, n, l, t: b"saddr=0A00D903000000000000000000000000000000000000000100000000"),
    "odd": ("SOCKADDR", lambda i, n, l, t: fields(letters, i * 1900, 3, b"1", max(l, 8))),
    "avc": ("AVC", lambda i, n, l, t: b"avc:  denied  { " + raw(t, l) + b" } for  pid=1 comm=\"x\" scontext=u:r:t:s0 "
            b"tcontext=u:r:t:s0 tclass=file permissive=0"),
    "obj": ("OBJ_PID", lambda i, n, l, t: b"opid=%d oauid=0 ouid=0 oses=1 obj=u:r:t:s0 ocomm=%s" % (i, hexed(t, l))),
    "fields": ("UNKNOWN[1399]", lambda i, n, l, t: fields(letters, i * 1900, 3, b"1", max(l, 8))),
    "short": ("UNKNOWN[1399]", lambda i, n, l, t: fields(letters, i * 2900, 2, b"1", max(l, 8))),
    "same": ("UNKNOWN[1399]", lambda i, n, l, t: fields(lambda i, length: b"aa", 0, 2, b"1", max(l, 8))),
    "collide": ("UNKNOWN[1399]", lambda i, n, l, t: fields(colliding, i * 400, 13, b"1", max(l, 8))),
    "dashes": ("UNKNOWN[1398]", lambda i, n, l, t: fields(lambda i, length: letters(i, length) + b"-a", i * 1900, 3,
                                                         b"1", max(l, 8))),
    "words": ("UNKNOWN[1398]", lambda i, n, l, t: raw(t, l)),
    "user": ("USER_CMD", lambda i, n, l, t: message(t, l)),
    "userquoted": ("USER_AVC", lambda i, n, l, t: message(t, l)),
    "unclosed": ("USER_ACCT", lambda i, n, l, t: message(b"a=\"b ", l)),
    "userfields": ("USER_MGMT", lambda i, n, l, t: b"pid=1 uid=0 msg='" +
                   fields(letters, i * 1900, 3, b"1", max(l, 8)) + b" res=success'"),
    "usercollide": ("USER_MGMT", lambda i, n, l, t: b"pid=1 uid=0 msg='" +
                    fields(colliding, i * 400, 13, b"1", max(l, 8)) + b" res=success'"),
    "tty": ("TTY", lambda i, n, l, t: b"tty pid=1 uid=0 auid=0 ses=1 major=4 minor=1 comm=\"x\" data=" + hexed(t, l)),
    "key": ("CONFIG_CHANGE", lambda i, n, l, t: b"auid=0 ses=1 op=add_rule key=" + hexed(b"k\x01", l) + b" list=4 res=1"),
    "seccomp": ("SECCOMP", lambda i, n, l, t: b"auid=1 uid=1 gid=1 ses=1 pid=1 comm=" + hexed(t, l) +
                b" exe=\"/x\" sig=31 arch=c000003e syscall=2 compat=0 ip=0x7f code=0x0"),
    "enriched": ("UNKNOWN[1396]", lambda i, n, l, t: raw(t, l) + b" UID=\"root\" GID=\"root\""),
    "separated": ("UNKNOWN[1395]", lambda i, n, l, t: raw(t, l) + b"\x1dUID=\"root\" GID=\"root\""),
    "tailed": ("UNKNOWN[1394]", lambda i, n, l, t: fields(lambda i, length: b"UID", 0, 2, b"\"a\"", max(l, 8))),
    "ids": ("UNKNOWN[1396]", lambda i, n, l, t: ids(i, l, b" ") + b"\x1d" + ids(i, l, b"\"" + t[:4].strip(b"\"\0 ") + b"\" ")),
    "manyitems": ("UNKNOWN[1396]", lambda i, n, l, t: b"uid=1 gid=2 \x1d" + raw(b"UID=\"a\" GID=\"b\" ", l)),
    "headers": ("UNKNOWN[1393]", lambda i, n, l, t: fill(b"\" type=SYSCALL msg=audit(1795361365.736:SERIAL):", l)),
    "nothing": ("UNKNOWN[1397]", lambda i, n, l, t: b"a=1"),
    "many": (None, lambda i, n, l, t: b"a=1"),  # each record of another type
}


def records_of(part):
    kind, n, length, text = part
    bytes_ = bytes_of(text)
    if kind in ("args", "hexargs"):
        of = quoted if kind == "args" else hexed
        length = max(length, 2)
        # an argument of the kernel's is in a record of its own where it is long
        return [("EXECVE", b) for b in argv(n, max(1, 7500 // (length + 9)), lambda i: of(bytes_, length))]
    if kind in ("pieces", "backwards"):
        length = max(length, 2)
        out = [b"a1[%d]=%s" % (i, hexed(bytes_, length)) for i in range(n)]
        if kind == "backwards":
            out.reverse()
        group = max(1, 7500 // (length + 9))
        out = [b" ".join(out[i:i + group]) for i in range(0, n, group)]
        out[0] = b"argc=2 a0=\"x\" a1_len=%d " % (n * (length // 2 * 2)) + out[0]
        return [("EXECVE", b) for b in out]
    type_, body = KINDS[kind]
    if kind == "many":
        return [("UNKNOWN[%d]" % (1301 + i % 90), body(i, n, length, bytes_)) for i in range(n)]
    return [(type_, body(i, n, min(length, RECORD - 300), bytes_)) for i in range(n)]


def event(serial, parts, call=EXECVE_CALL):
    """The lines of an event: SYSCALL, then the parts. `call` None: no SYSCALL."""
    head = b"msg=audit(1795361365.736:%d): " % serial
    records = [("SYSCALL", SYSCALL % call)] if call else []
    for part in parts:
        records += records_of(part)
    lines = [b"type=%s %s%s" % (t.encode(), head, body.replace(b"\n", b" ")) for t, body in records]
    return b"\n".join(lines + [b"type=EOE " + head]).replace(b"SERIAL", b"%d" % serial) + b"\n"
