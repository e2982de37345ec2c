"""Command line: `python -m labservers SERVER [--port N ...]`, `list`, `client NAME`,
`observe FILE`, `check FILE`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import TYPE_CHECKING

from labservers.command_line import EXIT_USAGE, Parser, backlog, inherited_socket, port_number
from labservers.registry import SERVERS, ServerSpec

if TYPE_CHECKING:
    from labservers.run.server import Options


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for and return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words:
        print(usage(), file=sys.stderr)
        return EXIT_USAGE
    name = words[0]
    if name == "list" and not words[1:]:
        return list_servers()
    if name == "client":
        from labservers.clients.__main__ import main as client_main

        return client_main(words[1:])
    if name == "observe":
        if not getattr(sys.flags, "safe_path", False):
            del sys.path[0]  # the folder that -m has put there; the program's own comes instead
        from labservers.run.program import main as observe

        return observe(words[1:])
    if name == "check":
        from labservers.checks.cli import main as check

        return check(words[1:])
    if name in ("-h", "--help"):
        print(usage())
        return 0
    if name == "list":
        print("labservers: list takes no arguments", file=sys.stderr)
        return EXIT_USAGE
    if name not in SERVERS:
        known = ", ".join(SERVERS)
        print(f"labservers: no server {name!r}; there are {known}", file=sys.stderr)
        return EXIT_USAGE
    return serve(SERVERS[name], words[1:])


def usage() -> str:
    names = "|".join(SERVERS)
    return (
        "usage: python -m labservers list\n"
        f"       python -m labservers {{{names}}} [--host HOST] [--port PORT] ...\n"
        "       python -m labservers client NAME [--host HOST] [--port PORT] ...\n"
        "       python -m labservers observe [--json FILE] [--quiet] FILE [ARGUMENT ...]\n"
        "       python -m labservers check FILE|FOLDER ... [--html FILE] [--junit FILE] ...\n"
        "Each has --help of its own."
    )


def list_servers() -> int:
    for spec in SERVERS.values():
        models = ", ".join(spec.models)
        print(f"{spec.name:<11} {spec.default_port}/{spec.transport}  {spec.title:<15} {models}")
    return 0


def serve(spec: ServerSpec, words: list[str]) -> int:
    from labservers.net.no_wait import MISSING

    options, descriptor = parse(spec, words)
    if MISSING:
        print(f"labservers: {MISSING}", file=sys.stderr)
        return EXIT_USAGE
    # Only now: a mistake on the command line is answered without loading a server.
    from labservers.observe.channel import Channel
    from labservers.observe.log import Log
    from labservers.observe.monitor import Monitor
    from labservers.run.lifetime import run
    from labservers.run.server import LabServer

    channel = None if descriptor is None else Channel.inherited(descriptor)
    log = Log(spec.name)
    server: LabServer = importlib.import_module(spec.module).create(spec, options, Monitor(log))
    return run(server, channel)


def parse(spec: ServerSpec, words: list[str]) -> tuple[Options, int | None]:
    """How to run, and the descriptor of the channel to the dashboard, if there is one."""
    from labservers.net.listening import BACKLOG
    from labservers.run.server import Options

    parser = Parser(prog=f"python -m labservers {spec.name}", description=spec.title)
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (127.0.0.1)")
    parser.add_argument(
        "--port",
        type=port_number,
        default=spec.default_port,
        help=f"0 to 65535 ({spec.default_port})",
    )
    if len(spec.models) > 1:
        parser.add_argument("--model", choices=spec.models, default=spec.default_model)
    if spec.transport == "tcp":
        parser.add_argument("--backlog", type=backlog, default=BACKLOG, help="accept queue (1024)")
    if spec.default_model == "event-loop":
        from labservers.loop.pollers import AVAILABLE

        parser.add_argument("--selector", choices=("auto", *AVAILABLE), default="auto")
    parser.add_argument(
        "--data-dir",
        type=os.path.expanduser,
        default=default_data_dir(),
        help="where files are kept",
    )
    parser.add_argument("--channel", type=inherited_socket, help=argparse.SUPPRESS)
    values = vars(parser.parse_args(words))
    descriptor = values.pop("channel")
    values.setdefault("model", spec.default_model)
    return Options(**values), descriptor


def default_data_dir() -> str:
    """LABSERVERS_DATA, or the user's data folder by the XDG base directory specification."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.environ.get("LABSERVERS_DATA") or os.path.join(base, "socket-lab")


if __name__ == "__main__":
    sys.exit(main())
