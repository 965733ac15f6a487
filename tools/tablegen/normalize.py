"""The stanzas of normalize.txt; their format is described there."""

from .read import Mistake, lines

LISTS = ("actor", "actor2", "object", "object2", "how", "source")
SINGLE = ("what", "path")
FROM = {"actor": "REF_SUBJECT_PRIMARY", "actor2": "REF_SUBJECT_SECONDARY",
        "object": "REF_OBJECT_PRIMARY", "object2": "REF_OBJECT_SECONDARY"}
FROM_KEY = {"data": "REF_DATA", "uid": "REF_UID"}
TO = {"user": "ENTITY_USER", "user.effective": "ENTITY_USER_EFFECTIVE",
      "user.target": "ENTITY_USER_TARGET", "user.changes": "ENTITY_USER_CHANGES",
      "group": "ENTITY_GROUP"}


class Stanza:
    def __init__(self, place, action=None):
        self.place = place
        self.action = action
        self.syscalls, self.records = [], []
        self.lines = {}  # keyword -> value, own lines and those of the mixins

    def get(self, keyword, default=()):
        return self.lines.get(keyword, default)


def ecs(place, words):
    """CATEGORY... : TYPE... -> (categories, types)"""
    if words.count(":") != 1:
        raise Mistake("%s: expected CATEGORY... : TYPE..." % place)
    colon = words.index(":")
    return tuple(words[:colon]), tuple(words[colon + 1:])


def mappings(place, words):
    """FROM TARGET, ... -> ((REF_..., keys or None, ENTITY_...), ...)"""
    found = []
    for pair in " ".join(words).split(","):
        source, target = pair.split()
        ref, key = FROM.get(source), None
        if not ref:
            kind, _, key = source.partition(".")
            ref = FROM_KEY.get(kind)
        if not ref or target not in TO:
            raise Mistake("%s: '%s' maps nothing to nothing known" % (place, pair.strip()))
        found.append((ref, key, TO[target]))
    return tuple(found)


def needs(words):
    """KEY[=VALUE]... -> ((KEY, VALUE or ""), ...)"""
    return tuple(tuple(word.partition("=")[::2]) for word in words)


def read_line(stanza, mixins, own, place, words):
    keyword, values = words[0], words[1:]
    if keyword == "with":
        for name in values:
            if name not in mixins:
                raise Mistake("%s: no mixin %s above" % (place, name))
            for inherited, value in mixins[name].lines.items():
                if inherited not in own:
                    stanza.lines[inherited] = value
        return
    if keyword in ("syscalls", "records"):
        getattr(stanza, keyword).extend(values)
        return
    if keyword in own:
        raise Mistake("%s: a second '%s'" % (place, keyword))
    own.add(keyword)
    if keyword in LISTS and values:
        stanza.lines[keyword] = tuple(values)
    elif keyword in SINGLE and len(values) == 1:
        stanza.lines[keyword] = values[0]
    elif keyword == "needs" and values:
        stanza.lines[keyword] = needs(values)
    elif keyword == "ignores-call" and not values:
        stanza.lines[keyword] = True
    elif keyword == "ecs":
        stanza.lines[keyword] = ecs(place, values)
    elif keyword == "map":
        stanza.lines[keyword] = mappings(place, values)
    else:
        raise Mistake("%s: '%s' is not understood" % (place, " ".join(words)))


def read(path):
    """-> ([event stanzas], [fallback stanzas]), in the order of the file."""
    mixins, events, fallbacks = {}, [], []
    stanza = None
    for place, indented, words in lines(path):
        if indented:
            read_line(stanza, mixins, own, place, words)
            continue
        stanza, own = Stanza(place), set()
        if words[0] == "mixin" and len(words) == 2:
            mixins[words[1]] = stanza
        elif words[0] == "event" and len(words) == 2:
            stanza.action = "" if words[1] == "-" else words[1]
            events.append(stanza)
        elif words[0] == "fallback":
            stanza.lines["ecs"] = ecs(place, words[1:])
            fallbacks.append(stanza)
        else:
            raise Mistake("%s: expected mixin NAME, event ACTION or fallback ..." % place)
    return events, fallbacks


def check(events, fallbacks, alike, syscall_names, record_names, key_names):
    """Every name exists; nothing has two meanings, but a record type that `needs` tells apart: the
    first may do without."""
    calls, records = set(alike), {}
    for stanza in events:
        for name in stanza.syscalls:
            if name not in syscall_names and name != "*":
                raise Mistake("%s: no system call %s" % (stanza.place, name))
            if name in calls:
                raise Mistake("%s: %s has a meaning already" % (stanza.place, name))
            calls.add(name)
        for name in stanza.records:
            if name not in record_names:
                raise Mistake("%s: no record type %s" % (stanza.place, name))
            if name in records and not stanza.get("needs"):
                raise Mistake("%s: %s has a meaning already" % (stanza.place, name))
            records[name] = stanza
        used = [key for keyword in LISTS for key in stanza.get(keyword)]
        used += [key for _, keys, _ in stanza.get("map") if keys for key in keys.split("/")]
        used += [key for key, _ in stanza.get("needs")]
        for key in used:
            if key not in key_names:
                raise Mistake("%s: %s is not in keys.txt" % (stanza.place, key))
    if "*" not in calls:
        raise Mistake("no event for the system call '*'")
    seen = set()
    for stanza in fallbacks:
        for name in stanza.records:
            if name in seen or name not in record_names:
                raise Mistake("%s: %s is listed twice, or no record type" % (stanza.place, name))
            if name in records and records[name].get("ecs") and not records[name].get("needs"):
                raise Mistake("%s: %s has an ecs line of its own" % (stanza.place, name))
            seen.add(name)
