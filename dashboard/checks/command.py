"""The command line of the process that checks a program."""

import sys
from pathlib import Path

from dashboard.checks.one import Check
from dashboard.programs.launch import CHANNEL, Command
from dashboard.supervision.managed import ManagedProgram
from labservers.net.addresses import connect_host
from labservers.observe.addresses import address_text

Targets = dict[str, tuple[str, int]]


def command(
    server: ManagedProgram, check: Check, folder: Path, targets: Targets, *, known: bool
) -> Command:
    """The checker's command line. It ends when its channel does: with the dashboard. targets:
    where the running program is reached, for a check of that. known: a file has the conversation
    to hold."""
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
        return Command((*words, *_address(targets)))
    settings = server.settings
    if settings.python:
        words += ["--python", settings.python]
    return Command((*words, f"--args={settings.arguments}", "--", str(program.own)))


def _address(targets: Targets) -> tuple[str, ...]:
    kind, (host, port) = next(iter(targets.items()))
    udp = ("--udp",) if kind == "datagram" else ()
    return (*udp, "--address", address_text((connect_host(host), port)))
