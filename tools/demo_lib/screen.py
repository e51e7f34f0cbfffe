"""What the tour looks like: plain text, at most 100 columns, colours only on a terminal."""

import re
import sys
import textwrap

WIDTH = 100
INDENT = "  "


class Screen:
    """Prints the parts of a tour."""

    def __init__(self, stream=None):
        self.stream = stream or sys.stdout
        self.has_colours = self.stream.isatty()

    def _print(self, text=""):
        print(text, file=self.stream, flush=True)

    def _paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.has_colours else text

    def title(self, text):
        self._print(self._paint("1", text))

    def step(self, number, text):
        """The head of a step."""
        self._print()
        self._print(self._paint("1;36", f"{number}. {text}"))

    def say(self, text):
        """A paragraph."""
        for line in textwrap.wrap(text, WIDTH):
            self._print(line)

    def command(self, text):
        """A command as a user types it; may have several lines."""
        first, *others = text.splitlines()
        self._print(INDENT + self._paint("1", "$ " + first))
        for line in others:
            self._print(INDENT + self._paint("1", "  " + line))

    def result(self, text):
        """What the command printed; tables wider than the screen are folded."""
        for line in fold(text.rstrip("\n").expandtabs(8).splitlines(), WIDTH - len(INDENT)):
            self._print((INDENT + line).rstrip())

    def notice(self, text):
        """The line that says what to look at."""
        lines = textwrap.wrap(text, WIDTH - 3)
        self._print(self._paint("32", "-> " + lines[0]))
        for line in lines[1:]:
            self._print(self._paint("32", "   " + line))

    def failure(self, text):
        """A claim that did not come true."""
        self._print()
        for line in text.splitlines():
            self._print(self._paint("1;31", line))

    def raw(self, text=""):
        """As it is."""
        for line in text.splitlines() or [""]:
            self._print(line)


def fold(lines, width):
    """Break an aligned table (columns two blanks apart, a header first) into blocks that fit.

    Each block after the first stands a little to the right. Other text is cut
    into pieces.
    """
    if all(len(line) <= width for line in lines):
        return lines
    columns = _columns(lines)
    if columns is None:
        return [piece for line in lines for piece in textwrap.wrap(line, width) or [""]]
    key = next((column for column in columns if column[0].strip() == "name"), columns[0])
    folded = []
    for number, block in enumerate(_blocks(columns, width - 4 - len(key[0]) - 2)):
        if number and len(lines) > 2:  # with several rows, say again which is which
            block.insert(0, key)
        shift = "    " if number else ""
        for row in zip(*block):
            folded.append(shift + "  ".join(row).rstrip())
    return folded


def _columns(lines):
    """A table as columns of padded cells, or None when it is not one."""
    width = max(map(len, lines))
    padded = [line.ljust(width) for line in lines]
    is_blank = "".join(" " if all(line[at] == " " for line in padded) else "x" for at in range(width))
    places = [match.span() for match in re.finditer(r"x+(?: x+)*", is_blank)]
    if len(places) < 2:
        return None
    return [[line[start:end] for line in padded] for start, end in places]


def _blocks(columns, width):
    """Columns in groups, none wider than the width unless one column is."""
    block, used = [], 0
    for column in columns:
        needed = len(column[0]) + 2
        if block and used + needed > width + 2:
            yield block
            block, used = [], 0
        block.append([cell[:width] for cell in column])
        used += needed
    if block:
        yield block
