"""The fields of ECS, as its own generated file has them, and those that our documents have beside.

build/ecs/ecs_flat.js is of npm's @elastic/ecs; tools/setup fetches it. It is one JavaScript object,
{name: {type, level, normalize, allowed_values ...}}, and is read without a JavaScript engine.
"""

import json
import os
import re

from .read import Mistake, lines

FLAT = "build/ecs/ecs_flat.js"
OWN = "tools/tables/own_fields.txt"
LAYOUTS = ("auditbeat", "integration")

# A text in '', one in "", a name in front of a colon, a comma behind the last member.
NO_JSON = re.compile(r"""'((?:[^'\\]|\\.)*)'|("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*)(?=\s*:)|,(?=\s*[}\]])""")


def as_json(found):
    single, double, name = found.groups()
    if single is not None:
        return '"%s"' % single.replace("\\'", "'").replace('"', '\\"')
    return double or ('"%s"' % name if name else "")


def read_flat(root):
    """-> {name: what ECS says of the field}"""
    path = os.path.join(root, FLAT)
    try:
        with open(path, encoding="utf-8") as f:
            text = f.read()
    except FileNotFoundError:
        raise Mistake("%s is missing: `make setup` fetches it (npm's @elastic/ecs)" % FLAT) from None
    found = re.search(r"^exports\.EcsFlat = (\{.*^\});$", text, re.MULTILINE | re.DOTALL)
    try:
        flat = json.loads(NO_JSON.sub(as_json, found[1]))
    except (TypeError, ValueError) as e:
        raise Mistake("%s is not understood: %s" % (FLAT, e)) from None
    if "event.category" not in flat:
        raise Mistake("%s has no event.category" % FLAT)
    return flat


class Field:
    """One field: its type, and of ECS's own what else ECS says of it (`facts`, else empty)."""

    def __init__(self, name, kind, facts=None, layouts=LAYOUTS):
        self.name, self.type, self.layouts = name, kind, layouts
        self.facts = facts or {}
        self.is_ecs = facts is not None
        self.is_list = "array" in self.facts.get("normalize", ())

    def values(self):
        """The only ones that ECS knows, or none if all are good."""
        return [value["name"] for value in self.facts.get("allowed_values", ())] or \
            self.facts.get("expected_values", [])


class Fields:
    """All fields: ECS's, and those of own_fields.txt, of which the first that matches counts."""

    def __init__(self, root):
        self.ecs = read_flat(root)
        self.own = [] # (pattern, type, layouts), as in the file
        self.found = {}
        for place, _, words in lines(os.path.join(root, OWN)):
            if len(words) not in (2, 3) or len(words) == 3 and words[2] not in LAYOUTS:
                raise Mistake("%s: expected FIELD TYPE [LAYOUT]" % place)
            if words[0] in self.ecs:
                raise Mistake("%s: ECS has %s" % (place, words[0]))
            self.own.append((words[0], words[1], tuple(words[2:]) or LAYOUTS))
        self.patterns = [re.compile(re.escape(name).replace(r"\*", r"[^.]+")) for name, _, _ in self.own]

    def find(self, name):
        """-> Field, or None: neither ECS nor the file has it."""
        if name not in self.found:
            self.found[name] = self.look_up(name)
        return self.found[name]

    def look_up(self, name):
        if name in self.ecs:
            return Field(name, self.ecs[name]["type"], self.ecs[name])
        for pattern, (_, kind, layouts) in zip(self.patterns, self.own):
            if pattern.fullmatch(name):
                return Field(name, kind, None, layouts)
        return None

    def event_types(self, category):
        """Those that ECS expects of an event.category, or None: ECS has no such category."""
        for value in self.ecs["event.category"]["allowed_values"]:
            if value["name"] == category:
                return value.get("expected_event_types", [])
        return None
