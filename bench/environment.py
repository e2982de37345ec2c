"""The peers' own environment, bench/.venv: made on first use, so that ours stays as it is."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMP = VENV / ".peers"
PACKAGES = ("aiohttp", "tornado", "uvicorn", "h11", "httptools", "uvloop")
WSGI_PACKAGES = ("cheroot", "waitress", "gunicorn")
ALL = (*PACKAGES, *WSGI_PACKAGES, "websockify")
MAKE_S, INSTALL_S, ASKED_S = 120.0, 300.0, 60.0


class PeerEnvironment:
    """Which peers can be had, and the python that runs them."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.python = VENV / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        self.missing: dict[str, str] = {}
        if not self._ready():
            self._make(say)
        if not self.missing:
            self.versions = self._ask_versions()
        else:
            self.versions = {}

    def lacks(self, packages: tuple[str, ...]) -> str:
        """Why a peer that needs these packages is left out; empty when it is not."""
        return "; ".join(self.missing[name] for name in packages if name in self.missing)

    def _ready(self) -> bool:
        return self.python.exists() and STAMP.exists() and STAMP.read_text() == "\n".join(ALL)

    def _make(self, say: Callable[[str], None]) -> None:
        say(f"installing the peers into {VENV.relative_to(HERE.parent)} ...")
        why = _run([sys.executable, "-m", "venv", "--clear", str(VENV)], MAKE_S)
        if why:
            self.missing = dict.fromkeys(ALL, f"no environment for it: {why}")
            return
        if self._install(*ALL):  # together, or one by one to learn which of them fails
            for name in ALL:
                if why := self._install(name):
                    self.missing[name] = f"pip cannot install {name}: {why}"
        if not self.missing:
            STAMP.write_text("\n".join(ALL))

    def _install(self, *packages: str) -> str:
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        return _run([*pip, *packages], INSTALL_S)

    def _ask_versions(self) -> dict[str, str]:
        code = (
            "import importlib.metadata as m, sys\n"
            "for name in sys.argv[1:]: print(name, m.version(name))"
        )
        try:
            done = subprocess.run(
                [str(self.python), "-c", code, *ALL],
                capture_output=True, text=True, timeout=ASKED_S, check=True,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return {}
        return dict(line.split() for line in done.stdout.splitlines())


def _run(words: list[str], timeout_s: float) -> str:
    """Run to the end; why it failed, in a few words, or nothing."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[:200]
    if done.returncode == 0:
        return ""
    said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (said or done.stderr.splitlines() or ["it failed"])[-1][:200]
