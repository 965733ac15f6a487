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


def names(path):
    """NUMBER NAME [ALIAS...] -> ({number: name}, {alias: number})."""
    by_number, aliases, seen = {}, {}, set()
    for place, _, words in lines(path):
        number, name = int(words[0], 0), words[1]
        if number in by_number:
            raise Mistake("%s: %d has the name %s already" % (place, number, by_number[number]))
        by_number[number] = name
        aliases.update((alias, number) for alias in words[2:])
        for word in words[1:]:
            if word in seen:
                raise Mistake("%s: %s occurs twice" % (place, word))
            seen.add(word)
    return by_number, aliases


def syscalls(folder):
    """{abi: ({number: name}, {alias: number})}; here a name may have several numbers."""
    tables = {}
    for file in sorted(os.listdir(folder)):
        by_number, aliases = {}, {}
        for place, _, words in lines(os.path.join(folder, file)):
            if int(words[0], 0) in by_number:
                raise Mistake("%s: %s occurs twice" % (place, words[0]))
            by_number[int(words[0], 0)] = words[1]
            aliases.update((alias, int(words[0], 0)) for alias in words[2:])
        tables[os.path.splitext(file)[0]] = by_number, aliases
    return tables


def arches(path, abis):
    """VALUE NAME ABI [extra] -> [(value, name, abi or None, extra)], by value."""
    found = []
    for place, _, words in lines(path):
        if words[2] not in abis and words[2] != "-":
            raise Mistake("%s: there is no syscalls/%s.txt" % (place, words[2]))
        abi = words[2] if words[2] in abis else None
        found.append((int(words[0], 0), words[1], abi, "extra" in words[3:]))
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
