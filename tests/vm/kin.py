"""What processes wrote down about themselves (tests/vm/kin.h), and what documents say of them.

A document is compared with the lines that were written before and after its call: each of its relatives is right, inexact,
absent, wrong, or not to be judged where /proc did not tell the process itself.
"""

import base64
import collections
import datetime
import json
import re

from expected import field

MARK = 7777
TICK_MS = 10
# A start that is not /proc's is the time of a record: that of the call's begin, in jiffies.
NEAR_MS = 100
OTHER, OTHER_LATER = "another process", "another process, its own of later"
RELATIVES = {"process.parent": "parent", "process.session_leader": "session", "process.group_leader": "group"}

Process = collections.namedtuple("Process", "pid start image uid")
Line = collections.namedtuple("Line", "number call me parent session group")


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def entity(text):
    """What is in an entity id: namespace, boot, pid, start in seconds."""
    namespace, boot, pid, start = base64.b64decode(text, validate=True).decode().split("__")
    return namespace, boot, int(pid), int(start)


class Kin:
    """All lines. Processes are told apart by number and start."""

    def __init__(self, path):
        self.before, self.after, self.children = {}, {}, {}
        self.starts = collections.defaultdict(set)  # of a number
        self.by_process = by_process = collections.defaultdict(list)
        for text in path.read_text().splitlines():
            when, number, call, *values = text.split()
            values = list(map(int, values))
            if when == "F":
                self.children[int(number)] = Process(values[0], values[1], -1, -1)
                self.starts[values[0]].add(values[1])
                continue
            line = Line(int(number), call, *(Process(*values[i:i + 4]) for i in range(0, 16, 4)))
            (self.before if when == "B" else self.after)[line.number] = line
            by_process[line.me[:2]].append(line)
            for process in line[2:]:
                if process.start >= 0:
                    self.starts[process.pid].add(process.start)
        for lines in by_process.values():
            for line, following in zip(lines, lines[1:]):
                # Of a call that does not come back: a program starts.
                if line.number not in self.after and following.number != line.number:
                    self.after[line.number] = following

    def lines(self, number):
        return [lines[number] for lines in (self.before, self.after) if number in lines]

    def is_open(self, number):
        """A relative may have changed before the call was over, and nobody wrote that down."""
        lines = self.lines(number)
        return len(lines) == 1 or (lines[0].call == "spawn" and not self.by_process[self.children[number][:2]])

    def relatives(self, number):
        """{"self": [...], "parent": [...], ...}: who each may be, None if nothing is known of the call."""
        lines = self.lines(number)
        if not lines:
            return None
        if lines[0].call == "spawn":  # of the child, by its parent
            if number not in self.children:
                return None
            child = self.children[number]
            after = self.by_process[child[:2]][:1]  # its parent goes on before its call is over
            found = {"self": [child], "parent": [line.me for line in lines] + [line.parent for line in after]}
            lines = lines + after
        else:
            found = {"self": [line.me for line in lines], "parent": [line.parent for line in lines]}
        found["session"] = [line.session for line in lines]
        found["group"] = [line.group for line in lines]
        return {name: [self.resolved(p, lines[-1].me.start) for p in them] for name, them in found.items()}

    def last(self, process, number):
        """The lines of its last two calls before this number."""
        return [line for line in self.by_process[process[:2]] if line.number < number][-4:]

    def later(self, process, relation, number):
        """The numbers of a relative after this call."""
        return {getattr(line, relation).pid for line in self.by_process[process[:2]] if line.number > number}

    def resolved(self, process, now):
        """A leader that is gone: the last that had the number, which is nobody else's meanwhile."""
        if process.start >= 0:
            return process
        starts = [start for start in self.starts[process.pid] if start <= now]
        return process._replace(start=max(starts)) if starts else process


def number_of(document):
    """The number of the call that a document is of, or None."""
    data = field(document, "auditd.data") or {}
    if data.get("syscall") == "getpriority":
        return int(data["a1"], 16)
    if data.get("a2") == f"{MARK:x}":
        return int(data["a3"], 16)
    args = field(document, "process.args") or [""]
    if data.get("syscall") == "execve" and args[-1].startswith("@"):
        return int(args[-1][1:])
    return None


class Part:
    """An agent's documents, by the number of the call."""

    def __init__(self, directory, name, kin):
        lines = (directory / f"{name}.ndjson").read_text().splitlines()
        self.name, self.kin = name, kin
        self.documents = [json.loads(line) for line in lines if line.endswith("}")]
        self.status = json.loads((directory / f"{name}.status").read_text())
        self.total = self.status["agent"]["total"]
        then = json.loads((directory / f"{name}.status.then").read_text())
        self.backlog = then["agent"]["now"]["kernel_backlog"]
        # The agent's last words count what is lost to the very end.
        lost = re.search(r"(\d+) lost by the kernel", (directory / f"{name}.log").read_text())
        self.lost = int(lost[1])
        self.numbered = [(number, d) for d in self.documents if (number := number_of(d)) is not None]
        self.boot_ms = self.find_boot()
        self.owners = self.find_owners()

    def find_boot(self):
        """When the machine booted, as the agent has it: it read most starts in /proc, and these are all as far off."""
        found = collections.Counter()
        for number, document in self.numbered:
            relatives, start = self.kin.relatives(number), field(document, "process.start")
            if relatives and start:
                found[milliseconds(start) - relatives["self"][0].start * TICK_MS] += 1
        return found.most_common(1)[0][0] if found else 0

    def judge(self, claim, truth, later):
        """claim: an object of a document; truth: who it may be; later: who it was afterwards. Returns the verdict, its
        kind, and how far the start is off. `inexact`: it is the right process, and its start is that of a record."""
        if "entity_id" not in claim:
            return "absent", "", 0
        _, _, pid, seconds = entity(claim["entity_id"])
        start_ms = milliseconds(claim["start"])
        if claim.get("pid", pid) != pid or start_ms // 1000 != seconds:
            return "wrong", "its id has another pid or start", 0
        those = [process for process in truth if process.pid == pid]
        if not those:
            return "wrong", OTHER_LATER if pid in later else OTHER, 0
        if those[0].start < 0:
            return "unjudged", "", 0
        off = min((start_ms - self.boot_ms - process.start * TICK_MS for process in those), key=abs)
        if not self.is_of(claim["entity_id"], pid, start_ms, {process[:2] for process in those}):
            return "wrong", "another process of this number", off
        return "right" if abs(off) <= NEAR_MS else "inexact", "", off

    def is_of(self, entity_id, pid, start_ms, those):
        """Whether this id is that of one of those: by the documents of which it is the process's own, else by time."""
        owners = self.owners.get((entity_id, start_ms))
        if owners:
            return bool(owners & those)
        # A number has one process at a time: who had it then, or got it soon?
        for slack_ms in (0, NEAR_MS):
            starts = [start for start in self.kin.starts[pid] if self.boot_ms + start * TICK_MS <= start_ms + slack_ms]
            if starts and (pid, max(starts)) in those:
                return True
        return False

    def find_owners(self):
        """{(entity id, start): the processes of which documents with these are}. The id has seconds, too few for numbers
        that are used again within one."""
        found = collections.defaultdict(set)
        for number, document in self.numbered:
            relatives, entity_id = self.kin.relatives(number), field(document, "process.entity_id")
            if relatives and entity_id:
                start_ms = milliseconds(field(document, "process.start"))
                found[entity_id, start_ms].add(relatives["self"][0][:2])
        return found

    def judge_image(self, claim, truth, number):
        """What it runs, and as whom; or ran, until a call of its own, and the kernel had not told of that call yet. Who
        changes just now is not judged."""
        if self.kin.is_open(number) or truth[0] != truth[-1]:
            return
        truth = truth + [line.me for process in truth for line in self.kin.last(process, number)]
        images = {process.image for process in truth}
        uids = {process.uid for process in truth}
        args = claim.get("args") or [""]
        if args[-1].startswith("@") and -1 not in images and int(args[-1][1:]) not in images:
            yield "other arguments"
        programs = {f"/bin/{'thicket' if image % 2 else 'forest'}" for image in images}
        if "executable" in claim and not images & {-1, 0} and claim["executable"] not in programs:
            yield "another executable"
        user = (claim.get("user") or {}).get("id")
        if user is not None and -1 not in uids and int(user) not in uids:
            yield "another user"

    def verdicts(self):
        """{relation: Counter}, the faults, and the greatest deviation of a right start.

        A fault: relation, kind, what is said and what is true, number of the call, document."""
        counts = collections.defaultdict(collections.Counter)
        faults, most = [], 0
        for number, document in self.numbered:
            relatives = self.kin.relatives(number)
            if relatives is None:
                counts["document"]["unjudged"] += 1
                continue
            for name in ("process", *RELATIVES):
                truth, claim = relatives[RELATIVES.get(name, "self")], field(document, name) or {}
                later = self.kin.later(relatives["self"][0], RELATIVES.get(name, "me"), number)
                verdict, kind, off = self.judge(claim, truth, later)
                if kind in (OTHER, OTHER_LATER) and self.kin.is_open(number):
                    verdict = "unjudged"
                counts[name][verdict] += 1
                kinds = [kind] if verdict == "wrong" else []
                if verdict in ("right", "inexact"):
                    most = max(most, abs(off)) if verdict == "right" else most
                    kinds = list(self.judge_image(claim, truth, number)) if name != "process" else []
                    counts[name]["wrong image"] += len(kinds)
                for kind in kinds:
                    faults.append((name, kind, f"{shown(claim)}, {off} ms off; is {truth[0]}, then {truth[-1]}", number,
                                   document))
        return counts, faults, most


def shown(claim):
    return json.dumps({key: value for key, value in claim.items() if key in (
        "pid", "start", "name", "executable", "args", "user", "same_as_process")})
