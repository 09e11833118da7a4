"""The documentation as tests read it: pages, their blocks, and the commands that they tell people to type."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runs import ROOT

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "measurements"),
]
PROGRAMS = ("snakemake", "earshot", "make", "python", "pip", "apptainer", "git")

_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, or code that stands in a line."""

    page: Path
    language: str
    text: str

    @property
    def name(self) -> str:
        """The path that its first line says: `# mine.yaml: what it is`."""
        named = re.match(r"(?:# |\{# |\+\+\+ )([\w./-]+\w)(?:[: ].*)?\n", self.text)
        return named[1] if named else ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}, {self.text.partition(chr(10))[0]}"


@dataclass(frozen=True)
class Command:
    """A command, in words."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return shlex.join(self.words)

    @property
    def options(self) -> list[str]:
        """The names of its options."""
        return [word.partition("=")[0] for word in self.words[1:] if re.match(r"--?[a-z]", word)]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCED.sub("", page.read_text())


BLOCKS = [
    Block(page, language, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE))
    for page in PAGES
    for indent, language, text in _FENCED.findall(page.read_text())
]
SPANS = [
    Block(page, "", said.strip())
    for page in PAGES
    for _, said in re.findall(r"(?<!`)(``?)(?!`)([^\n]+?)(?<!`)\1(?!`)", prose(page))
]


def of_language(language: str) -> list[Block]:
    """Return the blocks of a language; configurations shown are YAML that is no file of the project."""
    return [block for block in BLOCKS if block.language == language]


def _commands() -> Iterator[Command]:
    """Go through the lines of blocks without a language, and code in a line that begins as a command does."""
    for block in of_language(""):
        for line in block.text.splitlines():
            words = shlex.split(line, comments=True)
            while "&&" in words:
                yield Command(tuple(words[: words.index("&&")]))
                words = words[words.index("&&") + 1 :]
            if words:
                yield Command(tuple(words))
    for span in SPANS:
        if span.text.split(" ")[0] in PROGRAMS and " " in span.text:
            yield Command(tuple(shlex.split(span.text)))


COMMANDS = list(dict.fromkeys(_commands()))


def of_program(name: str) -> list[Command]:
    """Return the commands of a program."""
    return [command for command in COMMANDS if command.words[0] == name]
