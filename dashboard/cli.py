"""`flask --app dashboard lab ...`: the running dashboard from a shell, through its HTTP API."""

import json
import os
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, ScriptInfo

from dashboard import config as configuration
from dashboard import instance, json_text, numbers, straight
from dashboard.config import Config
from dashboard.instance import Whereabouts
from dashboard.lab import Lab
from dashboard.presence import is_flask_run, said_by_click
from dashboard.programs.files import OwnFile
from dashboard.programs.opened import Opened
from dashboard.supervision.lifecycle import State
from dashboard.supervision.process import require_children
from labservers.clients import terminal

TIMEOUT_S = 35.0
ANSWER_BYTES = 16 * 1024 * 1024
START = "start it with: make run"


class ProgramName(click.ParamType[str]):
    """A name of the catalogue, or one of `more`."""

    name = "name"

    def __init__(self, *more: str) -> None:
        self._more = more

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        app = click.get_current_context().ensure_object(ScriptInfo).load_app()
        lab: Lab = app.extensions["lab"]
        names = [*lab.programs, *lab.settings.others, *self._more]
        return click.Choice(names).convert(value, param, ctx)


class Number(click.ParamType[float]):
    """An option that is a number in a range, as the rest of the dashboard understands one."""

    name = "number"

    def __init__(self, check: Callable[[Any, int, int], float], least: int, most: int) -> None:
        self._check, self._least, self._most = check, least, most

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        try:
            given = numbers.from_text(value) if isinstance(value, str) else value
            return self._check(given, self._least, self._most)
        except ValueError as error:
            self.fail(str(error), param, ctx)


commands = AppGroup("lab", help="Start, stop and read the programs of a running dashboard.")
NAME = click.argument("name", type=ProgramName("all"))
ONE = click.argument("name", type=ProgramName())
WAIT = click.option(
    "--wait", "wait_s", type=Number(numbers.decimal, 0, 30), default=10.0, show_default=True,
    help="seconds to wait",
)  # fmt: skip


def load_config(given: Mapping[str, Any] | None) -> Config:
    """The settings, with the host and port that `flask run` was given.

    Raises:
        BadInput: an unusable setting; on a command line the same as click's own complaint.
        Unsupported: the system is of another kind.
    """
    with said_by_click():
        require_children()
        return configuration.load({**_run_options(), **(given or {})})


def _run_options() -> dict[str, Any]:
    if not is_flask_run():
        return {}
    given = click.get_current_context().params
    return {name: given[name] for name in ("host", "port")}


def init_app(app: Flask) -> None:
    app.cli.add_command(commands)


def call(method: str, path: str, **values: Any) -> Any:
    """One API call, with values in its body, to the dashboard that serves our data folder.

    Raises:
        click.ClickException: none does, or it refuses; with a sentence.
    """
    there = _found()
    base, opener = straight.way_to(there.address)
    request = urllib.request.Request(
        base + path,
        method=method,
        data=json.dumps(values).encode() if method != "GET" else None,
        headers={"X-Lab-Token": there.token, "Content-Type": "application/json"},
    )
    try:
        with opener.open(request, timeout=TIMEOUT_S) as response:
            return json_text.parse(response.read(ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise _failed(_refusal(error)) from error
    except (OSError, ValueError, HTTPException) as error:
        raise click.ClickException(f"no dashboard answers at {there.address}; {START}") from error


def _found() -> Whereabouts:
    config: Config = current_app.extensions["lab"].config
    there = instance.find(config.data_path)
    if there is None or not there.served:
        at = f" at {there.address}" if there else ""
        raise click.ClickException(f"no dashboard answers{at}; {START}")
    return there


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        said = json_text.parse(error.read(ANSWER_BYTES))["error"]
        return f"{said['message']}; {said['next_step']}"
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return f"the dashboard answered {error.code}"


def _failed(why: str) -> click.ClickException:
    """The end of a command, with a sentence that may quote what a server has said."""
    return click.ClickException(terminal.one_line(why))


def say(foreign: str) -> None:
    """A line whose text comes from a server or its log: nothing in it steers the terminal."""
    click.echo(terminal.one_line(foreign))


def show(view: dict[str, Any]) -> None:
    pid = f"pid {view['pid']}" if view["pid"] else ""
    place = f"{view['host']}:{view['port']}" if view["host"] else "-"
    say(f"{view['name']:<11} {view['state']:<9} {place}  {pid}".rstrip())
    if view["failure"]:
        say(f"  {view['failure']['message']}")


@commands.command("list")
def list_command() -> None:
    """Every server, its state and address."""
    for view in call("GET", "/api/servers")["servers"]:
        show(view)


def _change(action: str, name: str, wait_s: float) -> None:
    path = f"/api/servers/{action}" if name == "all" else f"/api/programs/{name}/{action}"
    answer = call("POST", f"{path}?wait={wait_s:.6f}")
    for view in answer.get("servers", [answer]):
        show(view)


@commands.command("open")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--args", "arguments", help="its arguments, as typed in a shell")
@click.option("--python", help="the interpreter; by default that of `python3`")
def open_command(file: Path, arguments: str | None, python: str | None) -> None:
    """Add a Python file of yours, and print the address of its page."""
    page = _found().page
    own = OwnFile(Path(os.path.realpath(file)))
    interpreter = _interpreter(python) if python else ""
    config: Config = current_app.extensions["lab"].config
    try:
        Opened(config.data_path).add(own.path, interpreter)
    except OSError as error:
        raise _failed(f"{config.data_path}: {error.strerror}") from error
    call("POST", "/api/programs/look")
    chosen = {"arguments": arguments, "python": interpreter or None}
    call("POST", f"/api/programs/{own.name}/settings", **chosen)
    say(f"{page}/programs/{own.name}")


def _interpreter(python: str) -> str:
    path = shutil.which(os.path.expanduser(python))
    if path is None:
        raise click.ClickException(f"there is no program {python!r}; name a Python 3.9 or newer")
    return os.path.abspath(path)


@commands.command()
@NAME
@WAIT
def start(name: str, wait_s: float) -> None:
    """Start a server, or all."""
    _change("start", name, wait_s)


@commands.command()
@NAME
@WAIT
def stop(name: str, wait_s: float) -> None:
    """Stop a server, or all."""
    _change("stop", name, wait_s)


@commands.command()
@ONE
@WAIT
def restart(name: str, wait_s: float) -> None:
    """Stop a server and start it again."""
    _change("restart", name, wait_s)


@commands.command()
@ONE
@click.option(
    "--lines",
    type=Number(numbers.whole, 1, 1_000),
    default=50,
    show_default=True,
    help="how many of the newest",
)
@click.option("--grep", default="", help="only lines with this text")  # fmt: skip
def logs(name: str, lines: int, grep: str) -> None:
    """The newest log lines of a server."""
    query = urllib.parse.urlencode({"limit": lines, "q": grep}, errors="replace")
    for line in call("GET", f"/api/servers/{name}/logs?{query}")["lines"]:
        clock = time.strftime("%H:%M:%S", time.localtime(line["at"]))
        say(f"{clock} {line['level'].upper():<7} {line['text']}")


@commands.command()
@ONE
@click.option(
    "--state",
    type=click.Choice(list(State), case_sensitive=False),
    default="RUNNING",
    show_default=True,
)
@click.option(
    "--timeout",
    "timeout_s",
    type=Number(numbers.decimal, 0, 86_400),
    default=10.0,
    show_default=True,
    help="seconds",
)
def wait(name: str, state: str, timeout_s: float) -> None:
    """Wait until a server is in a state; exit 1 when it is not in time."""
    deadline = time.monotonic() + timeout_s
    view = call("GET", f"/api/servers/{name}")
    while view["state"] != state and time.monotonic() < deadline:
        time.sleep(0.1)
        view = call("GET", f"/api/servers/{name}")
    show(view)
    if view["state"] != state:
        raise _failed(f"{name} is {view['state']} after {timeout_s:g} s")
