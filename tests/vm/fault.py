"""What tests/vm/fault.sh leaves of a part, and what must be true of it.

What happened is known from three sides that do not know of each other: the storm counts the system
calls that it made and numbers them, the collector has the documents, and the agent's last metric
document says what was lost. They must agree, to the last record.
"""

import json
import pathlib

from expected import field

RECORDS = 3  # of one call of the storm: SYSCALL, PROCTITLE, EOE


class Part:
    def __init__(self, directory, name):
        self.name = name
        self.directory = pathlib.Path(directory)
        self.marks = []  # of each document of a call: its records, and whether it says that some are lost
        self.numbers, self.serials, self.others, self.own = [], [], [], []
        self.records = 0  # of the storm's, without EOE
        seen = set()
        for line in self.text("got").splitlines():
            if line.startswith("{"):
                document = json.loads(line)
                serial = field(document, "auditd.sequence")
                (self.own if serial is None else self.others).append(document)
                if serial is not None:
                    self.serials.append(serial)
            else:
                serial, number, records, marked = line.split()
                self.marks.append((int(records), marked == "1"))
                if serial not in seen:
                    self.records += int(records)
                    seen.add(serial)
                self.numbers.append(int(number, 16))
                self.serials.append(int(serial))
        # Of a call in two documents, because its records came too late for one.
        for document in list(self.others):
            if str(field(document, "auditd.sequence")) in seen:
                self.records += len(field(document, "event.original"))
                self.others.remove(document)

    def text(self, what):
        path = self.directory / f"{self.name}.{what}"
        return path.read_text() if path.exists() else ""

    def storm(self, what):
        values = dict(line.split() for line in self.text("storm").splitlines())
        return int(values[what])

    def metrics(self):
        return [d for d in self.own if field(d, "event.kind") == "metric"]

    def settings(self, when):
        """The kernel's, at each start (found), once the agent was ready, at each end (left)."""
        lines = [line.split(" ", 1) for line in self.text("status").splitlines()]
        return [json.loads(status) for at, status in lines if at == when]

    def rests(self):
        """Documents of calls of which the first record, which has the number, is not there."""
        return [d for d in self.others if str(field(d, "process.title")).startswith("/bin/storm ")]

    def total(self, counter):
        """Of the last metric document: the agent sends one at its end."""
        return self.metrics()[-1]["ecsaudit"]["total"][counter]

    def lost_serials(self):
        return self.total("serials_missing") - self.total("serials_late")

    def absent(self):
        """Serials that the collector does not have, of those between its first and its last."""
        return set(range(min(self.serials), max(self.serials) + 1)) - set(self.serials)


def equal(what, is_, wanted):
    assert is_ == wanted, f"{what}: {is_}, should be {wanted}"


def ended_well(p):
    equal("exit status", set(p.text("code").split()), {"0"})
    equal("the collector's complaints", p.text("collector"), "")
    assert p.storm("calls") > 0


def no_stall(p):
    print(f"# {p.name}: the longest call took {p.storm('longest_us')} us, "
          f"{p.storm('longest_asleep_us')} us of those that slept")
    equal("calls that slept for more than 100 ms", p.storm("stalls"), 0)


def restart_told(p):
    """What the killed agent had in its hands is told by its successor: a serial is missing, or there is
    the rest of an event. And there is no moment in which a call gets no serial, since the rule stays."""
    calls, received, absent = p.storm("calls"), len(set(p.numbers)), p.absent()
    rests = p.rests()
    print(f"# {p.name}: {received} of {calls} calls received, "
          f"{p.total('messages_recovered')} from the spool's file; {len(rests)} without their first record, "
          f"{len(absent)} serials missing, {p.total('kernel_lost')} records lost by the kernel")
    equal("serials_missing", p.lost_serials(), len(absent))
    unknown = calls - received - len(rests) - len(absent)
    assert 0 <= unknown <= p.total("kernel_lost"), f"{unknown} calls that nobody knows of"
    assert p.total("messages_recovered") > 0
    assert "rules: 1 loaded, 1 of them was there, 0 refused, 1 other deleted" in p.text("log")


def tests(directory, names, of_part):
    """of_part: of each name, what its tests are called, and what they are."""
    for name in names:
        part = Part(directory, name)
        for what, test in [("it ends well", ended_well), *of_part[name]]:
            yield f"{name}: {what}", lambda test=test, part=part: test(part)
