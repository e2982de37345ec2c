"""The start of a program: its command line, made from its settings.

No word of a command comes from a browser but the arguments for a program of the user, which its
command ends with. A browser names an entry of the catalogue, and the values chosen for it fill
the places that the entry leaves open.
"""

import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

CHANNEL = "{channel}"  # filled when the process is made: a descriptor that it inherits
ARGUMENTS = "{arguments}"
PLACE = re.compile(r"\{(\w+)\}")


class Launch(NamedTuple):
    """A module or a file for a Python interpreter, with arguments, in a folder.

    Places in the arguments and the interpreter: {host}, {port}, {model}, {data_dir}, {channel},
    {python}, {file}; others stay as they are. {arguments}, a word of its own, becomes as many
    words as were typed. terminal: it runs on one, and in the environment of the user.
    """

    module: str = ""
    file: Path | None = None
    arguments: tuple[str, ...] = ()
    folder: Path | None = None
    interpreter: str = sys.executable
    terminal: bool = False

    @property
    def takes(self) -> frozenset[str]:
        """Names of the places in the arguments."""
        return frozenset(PLACE.findall(" ".join(self.arguments)))


class Command(NamedTuple):
    """A process to be: its words, the program first, the folder that it starts in, and whether
    it has a terminal. The first word that is CHANNEL becomes the number of its descriptor."""

    words: tuple[str, ...]
    folder: Path | None = None
    terminal: bool = False


def command(launch: Launch, values: Mapping[str, str]) -> Command:
    """The command of a launch with its places filled.

    Raises:
        ValueError: the arguments are not words as a shell reads them.
    """

    def filled(argument: str) -> Iterator[str]:
        if argument == ARGUMENTS:
            yield from shlex.split(values["arguments"])
        else:
            yield PLACE.sub(lambda place: values.get(place[1], place[0]), argument)

    subject = (str(launch.file),) if launch.file else ("-m", launch.module)
    words = [
        *filled(launch.interpreter),
        *subject,
        *(word for argument in launch.arguments for word in filled(argument)),
    ]
    return Command(tuple(words), launch.folder, launch.terminal)
