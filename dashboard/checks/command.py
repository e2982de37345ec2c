"""The command line of the process that checks a program."""

import sys
from pathlib import Path

from dashboard.checks.one import Check
from dashboard.programs.launch import CHANNEL, Command
from dashboard.supervision.managed import ManagedProgram
from labservers.net.addresses import connect_host
from labservers.observe.addresses import address_text


def command(server: ManagedProgram, check: Check, folder: Path, *, known: bool) -> Command:
    """The checker's command line. It ends when its channel does: with the dashboard. known: a
    file has the conversation to hold."""
    ask, program = check.ask, server.program
    words = [sys.executable, "-m", "labservers", "check", "--channel", CHANNEL, "--progress-json"]
    if check.again:
        words += ["--again", check.again]
    else:
        words += ["--both", str(check.report_path(folder))]
    if known:
        words += ["--held" if check.again else "--talk", str(check.talk_path(folder))]
    elif ask.task or program.task:
        words += ["--task", ask.task or program.task]
    if ask.running:
        return Command((*words, *_address(server)))
    settings = server.settings
    if settings.python:
        words += ["--python", settings.python]
    return Command((*words, f"--args={settings.arguments}", "--", str(program.own)))


def _address(server: ManagedProgram) -> tuple[str, ...]:
    """Where the running program is reached."""
    kind, (host, port) = next(iter(server.targets().items()))
    udp = ("--udp",) if kind == "datagram" else ()
    return (*udp, "--address", address_text((connect_host(host), port)))
