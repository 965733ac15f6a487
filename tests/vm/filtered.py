"""A document as the event that the kernel's filter saw, for tests/project/filter.py; and each key's set of rules/."""

import errno
import glob
import os
import pathlib
import posixpath
import re
import sys

from expected import field

HERE = pathlib.Path(__file__).parent
RULES = HERE / "../../rules"
sys.path.append(str(HERE / "../project"))
import filter as kernel  # noqa: E402

FAMILIES = {"unix": 1, "ipv4": 2, "ipv6": 10, "netlink": 16}


def set_of(file):
    return re.sub(r"^\d\d-|(-b32|-b64)?\.rules$", "", os.path.basename(file))


def sets_of_keys():
    """{key: the set that has it}"""
    found = {}
    for file in sorted(glob.glob(str(RULES / "[0-9]*.rules"))):
        for key in re.findall(r"^-.* -k (\S+)$", pathlib.Path(file).read_text(), re.M):
            found[key] = set_of(file)
    return found


def event_of(document, machine, links=None):
    """What the kernel's filter saw, as far as a document has it; None where a file has no name, or one that is relative
    to what it lacks.
    links: {a name: what it is a link to}; the filter there knows names, the kernel inodes."""
    data = document["auditd"]["data"]
    cwd = field(document, "process.working_directory")
    paths = field(document, "auditd.paths") or []
    names = [path["name"] for path in paths if "name" in path]
    names = [posixpath.normpath(posixpath.join(cwd or "", (links or {}).get(name, name))) for name in names]
    if len(names) < len(paths) or any(not name.startswith("/") for name in names):
        return None
    code = data.get("exit", "0")  # exit_group never returns
    uid, gid = int(field(document, "user.id")), int(field(document, "user.group.id"))
    values = {
        "uid": uid, "euid": int(field(document, "user.effective.id") or uid), "auid": 0xffffffff,
        "gid": gid, "egid": int(field(document, "user.effective.group.id") or gid),
        "exit": -getattr(errno, code) if code.startswith("E") else int(code),
        "exe": field(document, "process.executable"), "family": FAMILIES.get(field(data, "socket.family")),
        "filetypes": [int(path["mode"], 8) & 0o170000 for path in paths if "mode" in path],
        "devmajors": [int(path[dev].split(":")[0], 16) for path in paths for dev in ("dev", "rdev") if dev in path],
    }
    args = [int(data["a%d" % n], 16) for n in range(4)]
    return kernel.Event(machine, data["syscall"], args, names, values)
