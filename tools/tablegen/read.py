"""Reading the text under tools/tables. Every mistake names its file and line."""

import os


class Mistake(Exception):
    pass


def lines(path):
    """Yields (place, indented, words) of each line that says something; `#` begins a comment."""
    with open(path, encoding="ascii") as f:
        for number, line in enumerate(f, 1):
            text = line.split("#", 1)[0]
            if text.strip():
                yield "%s:%d" % (path, number), text[0].isspace(), text.split()


def numbered(path):
    """Yields (place, number, words) of lines NUMBER NAME ..., each number once."""
    seen = set()
    for place, _, words in lines(path):
        try:
            number = int(words[0], 0)
        except ValueError:
            number = -1
        if number < 0 or len(words) < 2:
            raise Mistake("%s: expected NUMBER NAME" % place)
        if number in seen:
            raise Mistake("%s: %s occurs twice" % (place, words[0]))
        seen.add(number)
        yield place, number, words[1:]


def names(path):
    """NUMBER NAME [MACHINE=NUMBER...] [ALIAS [MACHINE=NUMBER...]]... ->
    ({number: name}, {alias: number}, {machine: {number: name}}); each machine has all names."""
    by_number, aliases, own, seen = {}, {}, {}, set()
    for place, _, words in lines(path):
        if len(words) < 2 or words[0] != "-" and not words[0].isdigit():
            raise Mistake("%s: expected NUMBER NAME" % place)
        number = None if words[0] == "-" else int(words[0])
        if number in by_number:
            raise Mistake("%s: %s occurs twice" % (place, words[0]))
        for i, word in enumerate(words[1:]):
            if "=" in word:
                machine, other = word.split("=")
                if not other.isdigit():
                    raise Mistake("%s: %s: expected MACHINE=NUMBER" % (place, word))
                own.setdefault(machine, {})[name] = int(other)
                continue
            name = word
            if name in seen:
                raise Mistake("%s: %s occurs twice" % (place, name))
            seen.add(name)
            if number is None:
                continue
            if i == 0:
                by_number[number] = name
            else:
                aliases[name] = number
    machines = {}
    for machine, numbers_ in own.items():
        machines[machine] = {n: name for n, name in by_number.items() if name not in numbers_}
        machines[machine].update((n, name) for name, n in numbers_.items())
    return by_number, aliases, machines


def syscalls(folder):
    """{abi: ({number: name}, {alias: number})}; here a name may have several numbers."""
    tables = {}
    for file in sorted(os.listdir(folder)):
        by_number, aliases = {}, {}
        for _, number, words in numbered(os.path.join(folder, file)):
            by_number[number] = words[0]
            aliases.update((alias, number) for alias in words[1:])
        tables[os.path.splitext(file)[0]] = by_number, aliases
    return tables


def arches(path, abis, machines):
    """VALUE NAME ABI [not-in-auditctl] -> [(value, name, abi or None, not_in_auditctl, numbering or None)], by value.
    An architecture numbers as the machine in `machines` does with whose name its own begins."""
    found = []
    for place, value, words in numbered(path):
        abi = words[1] if len(words) > 1 else "missing"
        if abi not in abis and abi != "-":
            raise Mistake("%s: there is no syscalls/%s.txt" % (place, abi))
        numbering = [machine for machine in machines if words[0].startswith(machine)]
        found.append((value, words[0], abi if abi in abis else None, "not-in-auditctl" in words[2:],
                      numbering[0] if numbering else None))
    return sorted(found)


def keys(path):
    """Names separated by blanks -> [name], in the order of the file."""
    found = []
    for place, _, words in lines(path):
        for word in words:
            if word in found:
                raise Mistake("%s: %s occurs twice" % (place, word))
            found.append(word)
    return found


def numbers(path, key_names):
    """Names among the keys, separated by blanks -> {name}."""
    found = set()
    for place, _, words in lines(path):
        for word in words:
            if word not in key_names:
                raise Mistake("%s: %s is not in keys.txt" % (place, word))
            found.add(word)
    return found


def texts(path, key_names):
    """A word and names among the keys -> {word: {name}}."""
    found = {"encoded": set(), "outside": set()}
    for place, _, (word, *names_) in lines(path):
        if word not in found:
            raise Mistake("%s: %s: expected one of %s" % (place, word, " ".join(found)))
        for name in names_:
            if name not in key_names:
                raise Mistake("%s: %s is not in keys.txt" % (place, name))
            found[word].add(name)
    return found
