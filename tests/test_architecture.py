"""The rules of the house, read off the imports."""

import ast
import re
import sys
from pathlib import Path

import pytest

from labservers.registry import SERVERS

ROOT = Path(__file__).resolve().parent.parent
LABSERVERS = sorted((ROOT / "labservers").rglob("*.py"))
DASHBOARD = sorted((ROOT / "dashboard").rglob("*.py"))
MODELS = sorted((ROOT / "static/js/model").glob("*.js"))


def imports(path: Path) -> set[str]:
    """Dotted names that a module imports, `from x import y` as x and x.y."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", LABSERVERS, ids=name)
def test_labservers_uses_the_standard_library_and_itself(path: Path) -> None:
    tops = {imported.partition(".")[0] for imported in imports(path)}
    assert tops <= {*sys.stdlib_module_names, "labservers"}


@pytest.mark.parametrize("path", DASHBOARD, ids=name)
def test_the_dashboard_meets_a_server_as_a_process(path: Path) -> None:
    allowed = ("labservers.registry", "labservers.telemetry", "labservers.clients")
    helpers = ("labservers.listener",)  # sockets: ports and addresses, no server
    used = {i for i in imports(path) if i.startswith("labservers.")}
    assert {i for i in used if not i.startswith(allowed + helpers)} == set()


def test_only_one_module_starts_processes() -> None:
    users = {name(path) for path in DASHBOARD if "subprocess" in imports(path)}
    assert users == {"dashboard/process.py"}


def test_flask_stays_at_the_edge() -> None:
    edge = {"__init__", "security", "sockets", "cli", "ending", "startup_log"}
    users = [path for path in DASHBOARD if any(i.split(".")[0] == "flask" for i in imports(path))]
    inside = [path for path in users if path.parent.name != "views" and path.stem not in edge]
    assert inside == []


PURE = [
    *sorted((ROOT / "labservers/protocols").glob("*.py")),
    ROOT / "labservers/telemetry.py",
    ROOT / "dashboard/lifecycle.py",
]


@pytest.mark.parametrize("path", PURE, ids=name)
def test_pure_modules_do_no_input_or_output_and_read_no_clock(path: Path) -> None:
    tops = {imported.partition(".")[0] for imported in imports(path)}
    assert tops.isdisjoint({"socket", "select", "selectors", "time", "threading", "os", "io"})


def test_the_event_loop_knows_no_http_and_no_telemetry() -> None:
    used = {i for i in imports(ROOT / "labservers/event_loop.py") if i.startswith("labservers.")}
    assert used <= {
        "labservers.pollers",
        "labservers.listener",
        "labservers.listener.Waker",
    }


def test_layers_never_import_upward() -> None:
    below = [*(ROOT / "labservers").glob("*.py"), *(ROOT / "labservers/protocols").glob("*.py")]
    for path in below:
        if path.name == "__main__.py":
            continue
        upward = {i for i in imports(path) if re.match(r"labservers\.(servers|clients)\b", i)}
        assert upward == set(), name(path)


@pytest.mark.parametrize("path", MODELS, ids=name)
def test_the_pages_model_touches_neither_page_nor_network(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text("utf-8"), flags=re.S)
    assert not re.search(r"\b(document|window|fetch|WebSocket|localStorage|Date\.now)\b", text)


@pytest.mark.parametrize("server", SERVERS)
def test_every_server_has_a_module_a_client_and_tests(server: str) -> None:
    assert (ROOT / f"labservers/servers/{server}.py").is_file()
    assert (ROOT / f"labservers/clients/{server}.py").is_file()
    assert list((ROOT / "tests/labservers").glob(f"test_{server}*.py"))
    for language in ("en", "ru"):
        catalogue = (ROOT / f"dashboard/i18n/{language}.json").read_text("utf-8")
        assert f'"s.{server}"' in catalogue
