#!/usr/bin/env python3
"""tests/project/test_coverage.py [--unneeded] [BINARY] - rules/coverage.tsv is true. Prints TAP.

Each line of it is an event, for each architecture; the filter finds it in the compiled rules of each set that the line
names, alone, and with all sets together it is told, under the key that the line asks for. Each rule of a detection set
is needed by a line: without it, an event would be missed. --unneeded prints the rules of the other sets of which that
cannot be said.
"""
import functools
import glob
import os
import re
import sys

import filter as kernel

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
MACHINES = "x86_64 i686 aarch64 armv7l riscv64 ppc ppc64le loongarch64 s390x".split()
NO_B32 = ("riscv64", "ppc64le", "loongarch64")  # rules/README.md: leave these files out
COLUMNS = "of rule sets calls machines paths facts key why".split()
RULES = {"elastic": 148, "sigma": 54}  # as rules/README.md has it
TABLE = re.compile(r"\| `?([a-z -]+)`? \| (\d+) \| (\d+) \|")  # of rules/README.md: set, elastic's, sigma's
OPEN = {"r": 0, "w": 0o101, "rw": 0o102}  # O_RDONLY, O_WRONLY | O_CREAT, O_RDWR | O_CREAT
OWN = ("family", "exit", "uid", "euid", "exe")
MSGTYPE, LIST_EXCLUDE = 12, 5

arguments = [word for word in sys.argv[1:] if word != "--unneeded"]
BINARY = arguments[0] if arguments else os.environ.get("O", "build") + "/ecsaudit"
count = failed = 0


def test(name, wrong):
    global count, failed
    count += 1
    failed += bool(wrong)
    for line in wrong[:20]:
        print("# " + line)
    print("%s %d - %s" % ("not ok" if wrong else "ok", count, name))


def rows():
    with open("rules/coverage.tsv", encoding="ascii") as f:
        lines = [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]
    assert lines[0] == COLUMNS and all(len(line) == len(COLUMNS) for line in lines)
    return [dict(zip(COLUMNS, line)) for line in lines[1:]]


def set_of(file):
    return re.sub(r"^\d\d-|(-b32|-b64)?\.rules$", "", os.path.basename(file))


@functools.cache
def rules_of(machine, abi_bits):
    """All rules that a machine with these ABIs loads, in their order."""
    files = [file for file in glob.glob("rules/[0-9]*.rules")
             if all(int(bits) in abi_bits for bits in re.findall(r"-b(32|64)\.rules$", file))]
    return kernel.load(BINARY, machine, files)


def abis():
    """(machine, bits of all its ABIs, kernel.Machine of each)"""
    for name in MACHINES:
        found = {bits: kernel.Machine(name, bits) for bits in (64, 32) if (bits, name) not in [(32, n) for n in NO_B32]}
        found = {bits: abi for bits, abi in found.items() if abi.abi != "-"}
        for abi in found.values():
            yield name, tuple(found), abi


def event(row, abi, call, path):
    facts = dict(word.split("=", 1) for word in row["facts"].split() if row["facts"] != "-")
    args = [int(facts.pop("a%d" % n, "0"), 0) for n in range(4)]
    how = facts.pop("open", None)
    if call in kernel.FLAGS:
        args[kernel.FLAGS[call]] = OPEN[how]
    values = {"uid": 0, "euid": 0, "gid": 0, "egid": 0, "auid": 0xffffffff, "exit": 0, "family": None,
              "exe": "/usr/bin/program", "filetypes": [], "devmajors": []}
    assert set(facts) <= set(OWN), "%s: %s" % (row["rule"], facts)
    values.update((name, value if name == "exe" else int(value)) for name, value in facts.items())
    return kernel.Event(abi, call, args, [] if path == "-" else [path], values)


def events(row):
    """(where, rules of that machine, event) of a row, for each architecture, call and path."""
    for machine, bits, abi in abis():
        if row["machines"] != "all" and abi.abi not in row["machines"].split():
            continue
        calls = [call for call in row["calls"].split(",") if call in abi.calls]
        if not calls:
            yield "%s has none of %s" % (abi.abi, row["calls"]), None, None
        for call in calls:
            for path in row["paths"].split():
                where = "%s on %s, %s %s" % (abi.abi, machine, call, path)
                yield where, rules_of(machine, bits), event(row, abi, call, path)


def mistakes(row, needed):
    """What is not as the row says. needed: the rules that alone find an event in their set, by their text."""
    known = {set_of(file) for file in glob.glob("rules/[0-9]*.rules")}
    for name in row["sets"].split():
        if name not in known:
            yield "there is no set " + name
    for where, rules, happened in events(row):
        if happened is None:
            yield where
            continue
        hits = kernel.found(happened, rules)
        for name in row["sets"].split():
            here = [rule for rule in hits if set_of(rule.file) == name and rule.action != kernel.NEVER]
            if not here:
                yield "%s: %s does not find it" % (where, name)
            if len(here) == 1:
                needed.add((here[0].file, here[0].text))
        counts = kernel.winner(happened, rules)
        if counts and counts.action == kernel.NEVER:
            yield "%s: %s takes it away" % (where, counts.text)
        elif counts and row["key"] not in ("-", counts.key):
            yield "%s: its key is %s of %s" % (where, counts.key, counts.file)


def record_mistakes(row):
    types = {words[1]: int(words[0]) for words in kernel.table("record_types.txt")}
    excluded = [value for rule in rules_of("x86_64", (64, 32)) if rule.list == LIST_EXCLUDE
                for field, _, value in rule.fields if field == MSGTYPE]
    for name in row["calls"].split(","):
        if name not in types:
            yield "there is no record " + name
        elif types[name] in excluded:
            yield "noise takes %s away" % name


def table_mistakes(all_rows):
    """How many rules each set feeds, in README.md and here."""
    with open("rules/README.md", encoding="utf-8") as f:
        said = {m[1]: (int(m[2]), int(m[3])) for m in map(TABLE.match, f) if m}
    names = {name for row in all_rows for name in row["sets"].split()}
    fed = {"no set" if name == "record" else name: tuple(
        len({row["rule"] for row in all_rows if row["of"] == of and name in row["sets"].split()})
        for of in RULES) for name in names}
    return ["%s: README.md %s, coverage.tsv %s" % (name, said.get(name), fed.get(name))
            for name in sorted(said.keys() | fed.keys()) if said.get(name) != fed.get(name)]


def main():
    all_rows, needed = rows(), set()
    for (of, rule) in dict.fromkeys((row["of"], row["rule"]) for row in all_rows):
        wrong = []
        for row in all_rows:
            if (row["of"], row["rule"]) == (of, rule):
                wrong += record_mistakes(row) if row["sets"] == "record" else mistakes(row, needed)
        test("%s %s" % (of, rule), wrong)
    for of, number in RULES.items():
        test("%d rules of %s" % (number, of),
             ["%d" % n for n in [len({row["rule"] for row in all_rows if row["of"] == of})] if n != number])
    test("README.md has the numbers of each set", table_mistakes(all_rows))
    unneeded = {False: [], True: []}
    for file in sorted(glob.glob("rules/[0-9]*.rules")):
        unneeded["detection" in file] += ["%s: %s" % (file, text) for text in kernel.texts_of(file)
                                          if (file, text) not in needed]
    test("every rule of the detection sets is needed", unneeded[True])
    if "--unneeded" in sys.argv:
        print("".join("# " + line + "\n" for line in unneeded[False]), end="")
    print("1..%d" % count)
    sys.exit(failed > 0)


main()
