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
    """NUMBER NAME [ALIAS...] -> ({number: name}, {alias: number})."""
    by_number, aliases, seen = {}, {}, set()
    for place, number, words in numbered(path):
        by_number[number] = words[0]
        aliases.update((alias, number) for alias in words[1:])
        for word in words:
            if word in seen:
                raise Mistake("%s: %s occurs twice" % (place, word))
            seen.add(word)
    return by_number, aliases


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


def arches(path, abis):
    """VALUE NAME ABI [extra] -> [(value, name, abi or None, extra)], by value."""
    found = []
    for place, value, words in numbered(path):
        abi = words[1] if len(words) > 1 else "missing"
        if abi not in abis and abi != "-":
            raise Mistake("%s: there is no syscalls/%s.txt" % (place, abi))
        found.append((value, words[0], abi if abi in abis else None, "extra" in words[2:]))
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
