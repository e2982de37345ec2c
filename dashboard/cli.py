"""`flask --app dashboard lab ...`: the running dashboard from a shell, through its HTTP API.

The dashboard leaves its address and token in a file that only its user can read: when `flask
run` knows the address, or at the first request under another WSGI server.
"""

import contextlib
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app, request
from flask.cli import AppGroup, ScriptInfo, run_command

from dashboard import config as configuration
from dashboard import startup_log
from dashboard.config import PREFIX, Config
from dashboard.errors import BadInput
from dashboard.lab import Lab

commands = AppGroup("lab", help="Start, stop and read the programs of a running dashboard.")


class ProgramName(click.ParamType):  # type: ignore[type-arg]
    """A name of the catalogue, or one of `more`."""

    name = "name"

    def __init__(self, *more: str) -> None:
        self._more = more

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        app = click.get_current_context().ensure_object(ScriptInfo).load_app()
        lab: Lab = app.extensions["lab"]
        return click.Choice([*lab.programs, *self._more]).convert(value, param, ctx)


NAME = click.argument("name", type=ProgramName("all"))
ONE = click.argument("name", type=ProgramName())
TIMEOUT_S = 35.0


def load_config(given: Mapping[str, Any] | None) -> Config:
    """The settings, with the host and port that `flask run` was given.

    Raises:
        BadInput: an unusable setting; on a command line the same as click's own complaint.
    """
    try:
        return configuration.load({**_run_options(), **(given or {})})
    except BadInput as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(f"{error.message}; {error.next_step}") from error


def _run_options() -> dict[str, Any]:
    context = click.get_current_context(silent=True)
    if context is None or context.command is not run_command:
        return {}
    return {name: context.params[name] for name in ("host", "port")}


def init_app(app: Flask) -> None:
    app.cli.add_command(commands)
    lab: Lab = app.extensions["lab"]
    begun = threading.Lock()

    def served(address: str) -> None:
        if begun.acquire(blocking=False):
            write_runtime(lab.config, address, lab.token)

    def served_by_flask(address: str) -> None:
        # The worker of --debug is a child of this process, and each reload makes a new one:
        # they keep the token, and so do the open pages.
        os.environ[PREFIX + "TOKEN"] = lab.token
        served(address)

    startup_log.init_app(served_by_flask)
    app.before_request(lambda: served(request.host_url.rstrip("/")))


def runtime_file(config: Config) -> Path:
    return config.data_path / "dashboard.json"


def write_runtime(config: Config, address: str, token: str) -> None:
    """Tell later commands where the dashboard is; readable by its user only."""
    path = runtime_file(config)
    beside = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"address": address, "token": token}, file)
        os.replace(beside, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        print(
            f"Socket Lab cannot write to {path.parent} ({error.strerror}): grades, logs and "
            f"settings are not kept. Another folder: {PREFIX}DATA_DIR=/some/folder make run",
            file=sys.stderr,
        )


def call(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One API call. Raises click.ClickException with a sentence when it is refused."""
    config: Config = current_app.extensions["lab"].config
    at = ""
    try:
        where = json.loads(runtime_file(config).read_text("utf-8"))
        at = f" at {where['address']}"
        request = urllib.request.Request(
            where["address"] + path,
            method=method,
            data=json.dumps(body or {}).encode() if method != "GET" else None,
            headers={"X-Lab-Token": where["token"], "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise click.ClickException(_refusal(error)) from error
    except (OSError, ValueError, KeyError) as error:
        raise click.ClickException(f"no dashboard answers{at}; start it with: make run") from error


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        said = json.load(error)["error"]
    except (ValueError, KeyError, TypeError):
        return f"the dashboard answered {error.code}"
    return f"{said['message']}; {said['next_step']}"


def show(view: dict[str, Any]) -> None:
    pid = f"pid {view['pid']}" if view["pid"] else ""
    click.echo(
        f"{view['name']:<11} {view['state']:<9} {view['host']}:{view['port']}  {pid}".rstrip()
    )
    if view["failure"]:
        click.echo(f"  {view['failure']['message']}")


@commands.command("list")
def list_command() -> None:
    """Every server, its state and address."""
    for view in call("GET", "/api/servers")["servers"]:
        show(view)


def _change(action: str, name: str, wait_s: float) -> None:
    path = f"/api/servers/{action}" if name == "all" else f"/api/servers/{name}/{action}"
    answer = call("POST", f"{path}?wait={wait_s}")
    for view in answer.get("servers", [answer]):
        show(view)


@commands.command()
@NAME
@click.option("--wait", "wait_s", default=10.0, show_default=True, help="seconds to wait")
def start(name: str, wait_s: float) -> None:
    """Start a server, or all."""
    _change("start", name, wait_s)


@commands.command()
@NAME
@click.option("--wait", "wait_s", default=10.0, show_default=True, help="seconds to wait")
def stop(name: str, wait_s: float) -> None:
    """Stop a server, or all."""
    _change("stop", name, wait_s)


@commands.command()
@ONE
@click.option("--wait", "wait_s", default=10.0, show_default=True, help="seconds to wait")
def restart(name: str, wait_s: float) -> None:
    """Stop a server and start it again."""
    _change("restart", name, wait_s)


@commands.command()
@ONE
@click.option("--lines", default=50, show_default=True, help="how many of the newest")
@click.option("--grep", default="", help="only lines with this text")
def logs(name: str, lines: int, grep: str) -> None:
    """The newest log lines of a server."""
    query = urllib.parse.urlencode({"limit": lines, "q": grep})
    for line in call("GET", f"/api/servers/{name}/logs?{query}")["lines"]:
        clock = time.strftime("%H:%M:%S", time.localtime(line["at"]))
        click.echo(f"{clock} {line['level'].upper():<7} {line['text']}")


@commands.command()
@ONE
@click.option("--state", default="RUNNING", show_default=True)
@click.option("--timeout", "timeout_s", default=10.0, show_default=True)
def wait(name: str, state: str, timeout_s: float) -> None:
    """Wait until a server is in a state; exit 1 when it is not in time."""
    deadline = time.monotonic() + timeout_s
    view = call("GET", f"/api/servers/{name}")
    while view["state"] != state.upper() and time.monotonic() < deadline:
        time.sleep(0.1)
        view = call("GET", f"/api/servers/{name}")
    show(view)
    if view["state"] != state.upper():
        raise click.ClickException(f"{name} is {view['state']} after {timeout_s:g} s")
