#!/usr/bin/env python3
"""tests/project/test_headers.py [LINUX] - tools/tables says what the kernel's headers say. Prints TAP.

LINUX is a source tree of the kernel; then the numbers of each machine are compared. Without it
the headers of this machine are looked at, which know those of asm-generic only.
"""
import os
import re
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

LINUX = sys.argv[1] if len(sys.argv) > 1 else None
GENERIC = "/usr/include/asm-generic" if LINUX is None else LINUX + "/include/uapi/asm-generic"
AUDIT = "/usr/include/linux" if LINUX is None else LINUX + "/include/uapi/linux"
# Machines with numbers of their own, and some that must be as asm-generic.
MACHINES = {"alpha": "alpha", "mips": "mips", "parisc": "parisc", "ppc": "powerpc", "sparc": "sparc",
            "arm": "arm", "m68k": "m68k", "s390x": "s390", "sh": "sh", "x86_64": "x86", "xtensa": "xtensa"}
# Second names: the first one is printed.
ALIASES = {"EWOULDBLOCK", "EDEADLOCK", "ENOTSUP", "SIGIOT", "SIGPOLL", "SIGCLD", "SIGLOST", "SIGUNUSED",
           "SIGINFO", "SIGSTKSZ", "SIGSWI", "SIGRTMIN", "SIGRTMAX", "ECANCELLED", "EREFUSED"}


def defines(path, prefix):
    """{name: number} of the header and what it includes of asm-generic; the last one counts."""
    found = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            inner = re.match(r"#\s*include <asm-generic/(errno[-a-z]*|signal)\.h>", line)
            if inner:
                found.update(defines("%s/%s.h" % (GENERIC, inner.group(1)), prefix))
            m = re.match(r"#\s*(define|undef)\s+(%s[A-Z0-9]+)\b(?:\s+(\w+))?" % prefix, line)
            if not m:
                continue
            found.pop(m.group(2), None)
            if m.group(1) == "define" and m.group(3):
                value = m.group(3)
                found[m.group(2)] = int(value) if value.isdigit() else found.get(value)
    return found


def ours(file):
    """{machine: {number: name}}, machine "" being asm-generic's, without aliases."""
    with open("tools/tables/" + file, encoding="ascii") as f:
        lines = [line.split() for line in f if line[0] != "#"]
    tables = {}
    for machine in {""} | {word.split("=")[0] for words in lines for word in words if "=" in word}:
        own, table = {}, {}
        for number, name, *words in lines:
            moved = None
            for word in words:
                if "=" not in word: # an alias
                    break
                if word.split("=")[0] == machine:
                    moved = int(word.split("=")[1])
            if moved:
                own[moved] = name
            elif number != "-":
                table[int(number)] = name
        tables[machine] = {**table, **own}
    return tables


def compare(theirs, table):
    """A number that they do not have may be one of an older kernel."""
    for name, number in sorted(theirs.items()):
        if name not in ALIASES and number and table.get(number) != name:
            yield "%s is %s there, here that is %s" % (name, number, table.get(number))


def headers():
    """(what, header, prefix, our table)"""
    for file, header, prefix in (("errno.txt", "errno", "E"), ("signals.txt", "signal", "SIG")):
        tables = ours(file)
        yield "asm-generic", "%s/%s.h" % (GENERIC, header), prefix, tables[""]
        for machine, folder in sorted(MACHINES.items()) if LINUX else ():
            path = "%s/arch/%s/include/uapi/asm/%s.h" % (LINUX, folder, header)
            if os.path.exists(path):
                yield machine, path, prefix, tables.get(machine, tables[""])


def arches():
    """{name: value} as the compiler has them."""
    with open(AUDIT + "/audit.h", encoding="utf-8") as f:
        names = re.findall(r"#define AUDIT_ARCH_(\w+)", f.read())
    text = '#include "%s/elf-em.h"\n#include "%s/audit.h"\n' % (AUDIT, AUDIT)
    text += "".join("@%s AUDIT_ARCH_%s\n" % (name.lower(), name) for name in names)
    done = subprocess.run(["gcc", "-E", "-P", "-"], input=text, stdout=subprocess.PIPE, check=True, text=True)
    return {name: eval(value) for name, value in re.findall(r"@(\w+) (\([^@]*\))", done.stdout)}


def main():
    count = failed = 0

    def test(name, wrong):
        nonlocal count, failed
        count += 1
        for line in wrong:
            print("# " + line)
        failed += bool(wrong)
        print("%s %d - %s" % ("not ok" if wrong else "ok", count, name))

    for what, path, prefix, table in headers():
        test("%s of %s" % (os.path.basename(path), what), list(compare(defines(path, prefix), table)))
    with open("tools/tables/arches.txt", encoding="ascii") as f:
        table = {int(words[0], 16): words[1] for words in map(str.split, f) if words[0] != "#"}
    test("AUDIT_ARCH_*", list(compare(arches(), table)))
    print("1..%d" % count)
    sys.exit(failed > 0)


main()
