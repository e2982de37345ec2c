"""The rules of the house, read off the imports."""

import ast
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.live.events import KINDS
from labservers.registry import SERVERS

ROOT = Path(__file__).resolve().parent.parent
LABSERVERS = sorted((ROOT / "labservers").rglob("*.py"))
OBSERVE = sorted((ROOT / "labservers/observe").glob("*.py"))
DASHBOARD = sorted((ROOT / "dashboard").rglob("*.py"))
MODELS = sorted((ROOT / "static/js/model").glob("*.js"))
OWN = [
    path
    for folder in ("bench", "dashboard", "examples", "labservers", "static", "templates", "tests")
    for path in sorted((ROOT / folder).rglob("*.*"))
    if path.suffix in (".css", ".html", ".js", ".lua", ".py")
    if not {"vendor", ".venv"} & set(path.parts)
]


@functools.cache
def imports(path: Path) -> set[str]:
    """Dotted names that a module imports, `from x import y` as x and x.y."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_file_fits_one_idea() -> None:
    sizes = {name(path): len(path.read_bytes().splitlines()) for path in OWN}
    assert len(sizes) > 700
    assert {path: size for path, size in sizes.items() if size > 400} == {}


@pytest.mark.parametrize("path", LABSERVERS, ids=name)
def test_labservers_uses_the_standard_library_and_itself(path: Path) -> None:
    tops = {imported.partition(".")[0] for imported in imports(path)}
    assert tops <= {*sys.stdlib_module_names, "labservers"}


@pytest.mark.parametrize("path", OBSERVE, ids=name)
def test_what_looks_into_a_program_uses_the_standard_library_alone(path: Path) -> None:
    tops = {imported.partition(".")[0] for imported in imports(path)}
    assert tops <= {*sys.stdlib_module_names, "__future__"}
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 9))
    levels = {node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert levels <= {0, 1}  # of its own folder alone


@pytest.mark.parametrize("path", OBSERVE, ids=name)
def test_what_looks_into_a_program_knows_none_by_name(path: Path) -> None:
    assert not re.search(rf"\b({'|'.join(SERVERS)})\b", path.read_text("utf-8"))


@pytest.mark.parametrize("path", DASHBOARD, ids=name)
def test_the_dashboard_meets_a_program_as_a_process(path: Path) -> None:
    whole = r"(registry|observe|clients|net)(\..*)?"
    parts = (
        r"run(\.(file_lock|guarded|terminal)(\..*)?)?|checks(\.(texts|values|report_\w+)(\.\w+)?)?"
    )
    allowed = rf"labservers(\.({whole}|{parts}))?"
    used = {i for i in imports(path) if i.partition(".")[0] == "labservers"}
    assert {i for i in used if not re.fullmatch(allowed, i)} == set()


def test_only_one_module_starts_processes() -> None:
    users = {name(path) for path in DASHBOARD if imports(path) & {"subprocess", "pty"}}
    assert users == {"dashboard/supervision/process.py"}


def test_only_one_module_opens_terminals() -> None:
    users = {name(path) for path in DASHBOARD + LABSERVERS if "openpty" in path.read_text("utf-8")}
    assert users == {"labservers/run/terminal.py"}


def test_flask_stays_at_the_edge() -> None:
    edge = {"__init__", "security", "proxy", "middleware", "sockets", "cli", "ending", "presence",
            "startup_log"}  # fmt: skip
    users = [path for path in DASHBOARD if any(i.split(".")[0] == "flask" for i in imports(path))]
    inside = [path for path in users if path.parent.name != "views" and path.stem not in edge]
    assert inside == []


PURE = [
    *sorted((ROOT / "labservers/protocols").glob("*.py")),
    *(ROOT / f"labservers/observe/{stem}.py" for stem in ("messages", "observed", "schema")),
    ROOT / "dashboard/supervision/lifecycle.py",
    ROOT / "dashboard/live/events.py",
    *(ROOT / f"dashboard/recording/{stem}.py" for stem in ("conversation", "packets", "pcapng")),
    ROOT / "dashboard/programs/tabs.py",
    ROOT / "dashboard/programs/program.py",
]


@pytest.mark.parametrize("path", PURE, ids=name)
def test_pure_modules_do_no_input_or_output_and_read_no_clock(path: Path) -> None:
    tops = {imported.partition(".")[0] for imported in imports(path)}
    assert tops.isdisjoint({"socket", "select", "selectors", "time", "threading", "os", "io"})


# str.strip() takes 29 characters, str.isdigit() 808, and \\d and \\s are no better. What a
# protocol means by white space and digits is said character by character.
LOOSE = r"\.[lr]?strip\(\)|\.is(digit|decimal|numeric|alnum|alpha|space)\(|(?<!\\)\\[dDsSwW]"


@pytest.mark.parametrize("path", sorted((ROOT / "labservers/protocols").glob("*.py")), ids=name)
def test_protocols_say_which_white_space_and_digits_they_mean(path: Path) -> None:
    code = re.sub(r'""".*?"""|#[^\n]*', "", path.read_text("utf-8"), flags=re.S)
    assert re.findall(LOOSE, code) == []


def test_the_event_loop_is_short_and_knows_no_http_no_telemetry_and_no_pause() -> None:
    path = ROOT / "labservers/loop/event_loop.py"
    used = {i for i in imports(path) if i.startswith("labs")}
    allowed = r"labservers\.loop(\.(calls|observers|task|timers|waits)(\..*)?)?"
    assert {i for i in used if not re.fullmatch(allowed, i)} == set()
    assert len(path.read_text("utf-8").splitlines()) <= 200


def test_only_the_stepper_holds_a_program() -> None:
    owners = {name(path) for path in LABSERVERS if "_paused_until" in path.read_text("utf-8")}
    assert owners == {"labservers/observe/stepper.py"}


# What not every system has, and the modules that know what to do where it is missing.
OF_A_SYSTEM = {
    "a terminal": (r"\b(pty|tty|openpty|login_tty|tc[gs]et(pgrp|winsize))\b", {
        "labservers/run/guard.py", "labservers/run/terminal.py"}),
    "fcntl and ioctl": (r"\bfcntl\.(fcntl|ioctl)\b", {"labservers/observe/controls.py"}),
    "locks of files": (r"\b(fcntl\.)?(flock|lockf)\b", {"labservers/run/file_lock.py"}),
    "the modules of these": (r"^ *import (fcntl|termios)\b|from (fcntl|termios)\b", {
        "labservers/observe/controls.py", "labservers/run/file_lock.py",
        "labservers/run/terminal.py"}),
    "limits": (r"\bresource\b(?=[.,]|$)", {
        "labservers/net/descriptors.py", "labservers/run/guard.py"}),
    "process groups": (r"\bkillpg\b", {"labservers/clients/crowd/freeze.py", "labservers/run/terminal.py"}),
    "sessions": (r"\b[gs]et(sid|pgid)\b", {
        "dashboard/supervision/session.py", "labservers/observe/this_process.py",
        "labservers/run/guard.py"}),
    "numbers of users": (r"\bget[ug]id\b", {
        "dashboard/jupyter.py", "labservers/checks/folders.py", "labservers/checks/network.py"}),
    "ends that are looked at": (r"\bwaitid\b", {"dashboard/supervision/process.py"}),
    "subreapers": (r"\bprctl\b", {"labservers/run/guard.py"}),
    "namespaces": (r"\bunshare\b", {"labservers/checks/network.py"}),
    "fork": (r"\bos\.(fork|forkpty|posix_spawn|register_at_fork|WNOHANG)\b|_posixsubprocess", {
        "labservers/run/children.py", "labservers/run/guard.py"}),
    "signals": (r"\bSIG(KILL|HUP|QUIT|STOP|CONT|CHLD|TTOU|BREAK)\b", {
        "dashboard/ending.py", "dashboard/supervision/session.py", "labservers/checks/cancel.py",
        "labservers/clients/crowd/freeze.py", "labservers/observe/this_process.py",
        "labservers/run/guard.py", "labservers/run/guarded.py",
        "labservers/run/observation.py", "labservers/run/stopper.py"}),
    "poll and epoll": (r"\bselect\.(poll|epoll|kqueue|POLL\w+)\b", {
        "dashboard/ending.py", "labservers/loop/pollers.py", "labservers/observe/readiness.py",
        "labservers/run/guard.py"}),
    "calls without a wait": (r"\bMSG_DONTWAIT\b", {
        "labservers/net/no_wait.py", "labservers/observe/channel.py"}),
    "proc": (r"[\"']/proc\b", {
        "labservers/checks/figures.py", "labservers/checks/network.py",
        "labservers/checks/ports.py", "labservers/net/socket_table.py",
        "labservers/observe/this_process.py", "labservers/run/guard.py"}),
    "the C library": (r"\bctypes\b", {
        "dashboard/allocator.py", "labservers/checks/network.py",
        "labservers/observe/line_breaks.py", "labservers/run/guard.py"}),
    "its name": (r"\bsys\.platform\b|\bos\.name\b", {
        "labservers/checks/network.py", "labservers/net/listening.py",
        "labservers/net/remarks.py", "labservers/observe/controls.py",
        "labservers/observe/kernel.py", "labservers/run/file_lock.py", "labservers/run/guard.py",
        "labservers/run/terminal.py"}),
}  # fmt: skip


@functools.cache
def code_of(path: Path) -> str:
    """A module without its docstrings and comments."""
    return ast.unparse(without_prose(ast.parse(path.read_text("utf-8"))))


def without_prose(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        for statement in (
            getattr(node, "body", []) if isinstance(node, ast.stmt | ast.Module) else []
        ):
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                statement.value.value = ""
    return tree


@pytest.mark.parametrize("thing", OF_A_SYSTEM)
def test_what_a_system_may_lack_is_used_by_few_modules(thing: str) -> None:
    pattern, homes = OF_A_SYSTEM[thing]
    users = {
        name(path) for path in LABSERVERS + DASHBOARD if re.search(pattern, code_of(path), re.M)
    }
    assert users == homes


# A layer uses those before it in this list.
LAYERS = ["observe", "protocols", "net", "loop", "run", "servers", "checks"]


@pytest.mark.parametrize("path", LABSERVERS, ids=name)
def test_layers_never_import_upward(path: Path) -> None:
    layer = path.parent.name
    if layer not in LAYERS:
        return
    above = "|".join([*LAYERS[LAYERS.index(layer) + 1 :], "clients"])
    upward = {i for i in imports(path) if re.match(rf"labservers\.({above})\b", i)}
    assert upward == set()


@pytest.mark.parametrize("path", MODELS, ids=name)
def test_the_pages_model_touches_neither_page_nor_network(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text("utf-8"), flags=re.S)
    outside = r"document|window|fetch|WebSocket|(local|session)Storage|Date\.now|performance"
    assert not re.search(rf"\b({outside}|set(Timeout|Interval))\b", text)
    assert [found for found in re.findall(r'from "(.*?)"', text) if found[:2] != "./"] == []


# Where a server of the lab may be named: the list of programs, the views of the lab's tasks, the
# chat. `page` is a word of its own and is not searched for.
AT_HOME = re.compile(
    r"programs/catalogue|views/exchanges|live/chat_|views/tasks/|io/chat|model/chat"
)
NAMED = re.compile(rf"(?<![\w-])({'|'.join(SERVERS.keys() - {'page'})})(?![\w-])")
ADDRESSES = re.compile(r"/ws/chat|\.\.?/.*/?chat\.js")
SCRIPTS = sorted(path for path in (ROOT / "static/js").rglob("*.js"))


def texts(path: Path) -> Iterator[str]:
    """Literals of a script or of a module, without its docstrings and comments."""
    source = path.read_text("utf-8")
    if path.suffix == ".js":
        source = re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.S)
        yield from (found[2] for found in re.finditer(r"""(["'`])((?:(?!\1).)*)\1""", source, re.S))
        return
    tree = ast.parse(source)
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node.value


@pytest.mark.parametrize("path", [*DASHBOARD, *SCRIPTS], ids=name)
def test_views_ask_for_a_capability_and_never_for_a_name(path: Path) -> None:
    if AT_HOME.search(name(path)):
        return
    named = [text for text in texts(path) if not ADDRESSES.fullmatch(text) and NAMED.search(text)]
    assert named == []


def published() -> set[str]:
    """Kinds of events that the dashboard makes: {"kind": ...} with a name, a server or an entry."""
    found = set()
    for node in (
        node for path in DASHBOARD for node in ast.walk(ast.parse(path.read_text("utf-8")))
    ):
        if isinstance(node, ast.Dict):
            keys = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            kind = keys.get("kind")
            if isinstance(kind, ast.Constant) and keys.keys() & {"name", "server", "entry"}:
                found.add(kind.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            named = node.args and isinstance(node.args[0], ast.Constant)
            if node.func.attr == "publish" and named:
                found.add(node.args[0].value)
    return found


def test_every_kind_of_event_is_in_the_table_and_known_to_the_page() -> None:
    assert published() == KINDS.keys()
    reducer = (ROOT / "static/js/model/reducer.js").read_text("utf-8")
    deltas = re.search(r"const DELTAS = \{\n(.*?)^\};", reducer, re.S | re.M)
    assert deltas
    assert set(re.findall(r"^  (\w+)[:,]", deltas[1], re.M)) == KINDS.keys()


@pytest.mark.parametrize("server", SERVERS)
def test_every_server_has_a_module_a_client_and_tests(server: str) -> None:
    assert (ROOT / f"labservers/servers/{server}.py").is_file()
    assert (ROOT / f"labservers/clients/{server}.py").is_file()
    assert list((ROOT / "tests/labservers").rglob(f"test_{server}*.py"))
    for language in ("en", "ru"):
        catalogue = (ROOT / f"dashboard/i18n/{language}.json").read_text("utf-8")
        assert f'"s.{server}"' in catalogue


# str.strip() and kin take white space and digits of all Unicode. What comes from outside says which
# characters it means: strip(" \t"), an ASCII pattern, isdigit() only together with isascii().
FOREIGN_TEXT = [
    *sorted((ROOT / "labservers/clients").glob("*.py")),
    *sorted((ROOT / "labservers/net").glob("*.py")),
    *(ROOT / f"labservers/servers/{stem}.py" for stem in ("hello", "hypotenuse", "page", "visit")),
    ROOT / "labservers/command_line.py",
    ROOT / "labservers/protocols/hypotenuse.py",
    *(ROOT / f"dashboard/{stem}.py" for stem in ("proxy", "public", "security", "serving")),
    ROOT / "dashboard/programs/settings.py",
    ROOT / "dashboard/recording/packets.py",
    ROOT / "dashboard/waiting_room.py",
]
OF_UNICODE = {"strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "isspace"}
OF_UNICODE |= {"isdigit", "isdecimal", "isnumeric", "isalnum", "isalpha"}


@pytest.mark.parametrize("path", FOREIGN_TEXT, ids=name)
def test_foreign_text_is_judged_by_characters_that_are_named(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    vague = [
        f"{path.name}:{node.lineno}: {lines[node.lineno - 1].strip()}"
        for node in ast.walk(ast.parse("\n".join(lines)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in OF_UNICODE and not node.args
        if "isascii()" not in lines[node.lineno - 1]
    ]
    assert vague == []
