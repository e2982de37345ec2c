"""The start of a program: its command line, made from its settings.

No word of a command comes from a browser: a browser names an entry of the catalogue, and the
values chosen for it fill the places that the entry leaves open.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

CHANNEL = "{channel}"  # filled when the process is made: a descriptor that it inherits
PLACE = re.compile(r"\{(\w+)\}")


class Launch(NamedTuple):
    """A module or a file for a Python interpreter, with arguments, in a folder.

    Places in the arguments: {host}, {port}, {model}, {data_dir}, {channel}; others stay as
    they are.
    """

    module: str = ""
    file: Path | None = None
    arguments: tuple[str, ...] = ()
    folder: Path | None = None
    interpreter: str = sys.executable

    @property
    def takes(self) -> frozenset[str]:
        """Names of the places in the arguments."""
        return frozenset(PLACE.findall(" ".join(self.arguments)))


class Command(NamedTuple):
    """A process to be: its words, the program first, and the folder that it starts in."""

    words: tuple[str, ...]
    folder: Path | None = None


def command(launch: Launch, values: Mapping[str, str]) -> Command:
    """The command of a launch with its places filled."""

    def filled(argument: str) -> str:
        return PLACE.sub(lambda place: values.get(place[1], place[0]), argument)

    subject = (str(launch.file),) if launch.file else ("-m", launch.module)
    arguments = (filled(argument) for argument in launch.arguments)
    return Command((launch.interpreter, *subject, *arguments), launch.folder)
