#!/usr/bin/env python3
"""tests/vm/session_tree.py FILE: Elastic's session view of the documents in FILE, a line each, as a tree: entry leader,
session leaders, processes, joined by entity ids. Orphans follow. tests/vm/check-sessions uses it.

A node is a process that has a document of its own. A relative that has none was there before the agent came, or
somebody is an orphan.
"""

import collections
import datetime
import json
import sys

from expected import field

RELATIVES = ("parent", "session_leader", "entry_leader")


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


class Node:
    def __init__(self, entity_id):
        self.entity_id = entity_id
        self.pid = self.start = self.entry_type = None
        self.names, self.documents, self.relatives = [], [], {}

    def add(self, document):
        process = document["process"]
        self.pid, self.start = process["pid"], process.get("start", self.start)
        self.documents.append(document)
        if process.get("name") and process["name"] not in self.names:
            self.names.append(process["name"])
        for name in RELATIVES:
            relative = process.get(name) or {}
            if relative.get("entity_id"):
                self.relatives[name] = relative
        self.entry_type = field(document, "process.entry_leader.entry_meta.type") or self.entry_type

    def relative_id(self, name):
        return self.relatives.get(name, {}).get("entity_id")

    def __str__(self):
        kind = f" [{self.entry_type}]" if self.relative_id("entry_leader") == self.entity_id else ""
        terminal = field(self.documents[-1], "process.tty.char_device")
        terminal = f" {terminal['major']}:{terminal['minor']}" if terminal else ""
        return f"{self.pid} {' > '.join(self.names)}{kind}{terminal}"


def is_of_kernel(process):
    """Process 1, and threads of the kernel: these have no entry, and process 1 no parent."""
    return process["pid"] <= 2 or field(process, "parent.pid") == 2


class Tree:
    def __init__(self, documents):
        self.nodes, self.orphans, self.seen = {}, [], set()
        # The kernel's first records are older than the agent.
        self.begin_ms = min(milliseconds(d["@timestamp"]) for d in documents if field(d, "auditd.data.audit_pid"))
        events = [d for d in documents if field(d, "process.pid") and milliseconds(d["@timestamp"]) >= self.begin_ms]
        for document in events:
            entity_id = field(document, "process.entity_id")
            if entity_id is None:
                self.orphan(document, "entity_id", "absent")
            else:
                self.nodes.setdefault(entity_id, Node(entity_id)).add(document)
        for document in events:
            self.check(document)
        self.children = collections.defaultdict(list)
        for node in self.nodes.values():
            self.children[node.relative_id("parent")].append(node)

    def orphan(self, document, name, why):
        """Once for each process."""
        process = document["process"]
        if (process["pid"], process.get("entity_id"), name, why) not in self.seen:
            self.seen.add((process["pid"], process.get("entity_id"), name, why))
            self.orphans.append((document, name, why))

    def check(self, document):
        for name in RELATIVES:
            relative = field(document, f"process.{name}") or {}
            entity_id = relative.get("entity_id")
            if entity_id is None:
                if not is_of_kernel(document["process"]):
                    self.orphan(document, name, "absent")
            elif entity_id not in self.nodes and milliseconds(relative["start"]) > self.begin_ms:
                self.orphan(document, name, f"{relative.get('pid')}, which has no document")

    def entries(self):
        """{entity id of an entry leader: {that of a session leader: its processes}}"""
        found = collections.defaultdict(lambda: collections.defaultdict(list))
        for node in self.nodes.values():
            found[node.relative_id("entry_leader")][node.relative_id("session_leader")].append(node)
        return found

    def name(self, entity_id, name):
        """Of a leader, also of one that has no document of its own."""
        if entity_id is None:
            return "nobody"
        if entity_id in self.nodes:
            return str(self.nodes[entity_id])
        for node in self.nodes.values():
            if node.relative_id(name) == entity_id:
                relative = node.relatives[name]
                kind = field(relative, "entry_meta.type")
                return f"{relative.get('pid')} {relative.get('name')} (before)" + (f" [{kind}]" if kind else "")
        return entity_id

    def lines(self):
        for entry, sessions in self.entries().items():
            yield f"entry {self.name(entry, 'entry_leader')}"
            for session, nodes in sessions.items():
                yield f"  session {self.name(session, 'session_leader')}"
                yield from self.processes(nodes)

    def processes(self, nodes):
        inside = {node.entity_id for node in nodes}
        todo = [(node, 2) for node in reversed(nodes) if node.relative_id("parent") not in inside]
        while todo:
            node, depth = todo.pop()
            yield "  " * depth + str(node)
            todo += [(child, depth + 1) for child in reversed(self.children[node.entity_id])
                     if child.entity_id in inside and child is not node]


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("}\n")]


def main():
    tree = Tree(read(sys.argv[1]))
    print("\n".join(tree.lines()))
    for document, name, why in tree.orphans:
        print(f"orphan: {json.dumps(document['process'])}: {name} {why}")
    return 1 if tree.orphans else 0


if __name__ == "__main__":
    sys.exit(main())
