"""Generated files: write them, or name those that are stale."""

import sys

from .read import Mistake


def committed(path):
    try:
        with open(path, encoding="ascii") as f:
            return f.read()
    except FileNotFoundError:
        return None


def main(command, generate, check):
    """-> the exit status. `generate` returns {path: text}; `command` says how to write them."""
    name = command.split()[0]
    try:
        files = generate()
    except Mistake as mistake:
        sys.exit("%s: %s" % (name, mistake))
    stale = [path for path, text in files.items() if committed(path) != text]
    for path in stale:
        if check:
            print("%s: %s is stale: run tools/%s" % (name, path, command), file=sys.stderr)
        else:
            with open(path, "w", encoding="ascii") as f:
                f.write(files[path])
    return 1 if check and stale else 0
