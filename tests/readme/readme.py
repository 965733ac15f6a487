"""What README.md holds: blocks of code, code in the text, links."""

import re


class Block:
    def __init__(self, kind, lines):
        self.kind, self.lines = kind, lines  # kind: what follows the fence, such as "sh device"

    def text(self):
        return "".join(line + "\n" for line in self.lines)

    def commands(self):
        """Lines without their comment."""
        lines = (re.sub(r"(^|\s+)# .*", "", line).strip() for line in self.lines)
        return [line for line in lines if line]


def blocks(text, kind):
    """The blocks of this kind, without the indent of their fence."""
    found = re.findall(r"^( *)```%s\n(.*?)^ *```$" % re.escape(kind), text, re.M | re.S)
    return [Block(kind, [line.removeprefix(indent) for line in body.splitlines()])
            for indent, body in found]


def prose(text):
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)


def codes(text):
    """`code` of the text outside of blocks."""
    return re.findall(r"`([^`\n]+)`", prose(text))


def links(text):
    return re.findall(r"\]\(([^)]+)\)", prose(text))


def init_line(text):
    """The command that /etc/inittab gets."""
    return re.search(r"^::respawn:(.*)$", text, re.M).group(1)
