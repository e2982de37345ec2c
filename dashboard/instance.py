"""One dashboard a data folder, and where it is: `dashboard.json`, locked by the one that serves.

The lock (flock(2)) is the kernel's: it ends with its process, however that ends. So the file is
true exactly while it is locked. Later commands send their token nowhere else, even where
another program has got the port of a dashboard that was killed.
"""

import contextlib
import errno
import json
import os
import re
import time
import weakref
from dataclasses import dataclass
from pathlib import Path

from dashboard import json_text
from dashboard.config import PREFIX
from dashboard.errors import InUse
from labservers.run import file_lock

NAME = "dashboard.json"
WAIT_S = 2.0  # the last one may be on its way out, and a reader holds the lock for a moment
POLL_S = 0.02
READ_BYTES = 64 * 1024
ADDRESS = re.compile(r"(https?|unix)://[\x21-\x7e]+")
PAGE = re.compile(r"((https?|unix):/)?/[\x21-\x7e]+")  # or a path alone
ANOTHER_FOLDER = f"{PREFIX}DATA_DIR=/some/folder make run"


@dataclass(frozen=True)
class Whereabouts:
    """The content of the file; `served`: whether that dashboard is alive.

    `address`: for programs, which pass by a proxy. `page`: for browsers, which may not. `since`:
    when it took the folder, in Unix seconds.
    """

    address: str
    page: str
    token: str
    pid: int
    served: bool
    since: float = 0.0


class Instance:
    """This process as the one dashboard of a data folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._release: weakref.finalize[..., Instance] | None = None
        self._descriptor = -1
        self._since = 0.0

    @property
    def held(self) -> bool:
        return self._release is not None and self._release.alive

    def take(self, wait_s: float = WAIT_S) -> None:
        """Be the one; twice is once.

        Raises:
            InUse: another one is. OSError: the folder cannot be written.
        """
        if self.held:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + wait_s
        while (descriptor := _locked(self._path)) is None:
            if time.monotonic() >= deadline:
                raise in_use(self._path)
            time.sleep(POLL_S)
        self._descriptor, self._since = descriptor, time.time()
        self._release = weakref.finalize(self, _give_back, descriptor, self._path, os.getpid())

    def say(self, address: str, token: str, page: str = "") -> None:
        """Write where it is, for its user only.

        Raises:
            OSError: the disk does not take it.
        """
        said: dict[str, str | int | float]
        said = {"address": address, "page": page or address, "token": token, "pid": os.getpid()}
        said["since"] = round(self._since, 3)
        data = json.dumps(said).encode()
        os.ftruncate(self._descriptor, 0)
        if os.pwrite(self._descriptor, data, 0) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def release(self) -> None:
        """Remove the file and let another one be it."""
        if self._release is not None:
            self._release()


def find(folder: Path) -> Whereabouts | None:
    """The dashboard that serves this folder, or the last one that did; None: none is known."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        said = json_text.parse(os.read(descriptor, READ_BYTES))
        served = not file_lock.try_shared(descriptor)
    except (OSError, ValueError):
        return None
    finally:
        os.close(descriptor)
    match said:
        case {"address": str(address), "page": str(page), "token": str(token), "pid": int(pid)} if (
            ADDRESS.fullmatch(address) and PAGE.fullmatch(page) and type(pid) is int
        ):
            return Whereabouts(address, page, token, pid, served, _time(said.get("since")))
    return None


def _time(said: object) -> float:
    """Seconds since the epoch, before 2106; 0 where it is no such time."""
    return said if isinstance(said, float) and 0 <= said < 2**32 else 0.0


def in_use(path: Path) -> InUse:
    """The error, with all that the other one has said of itself."""
    other = find(path.parent)
    name = f", pid {other.pid}, at {other.page}, since {_clock(other)}," if other else ""
    return InUse(
        f"another dashboard{name} uses the folder {path.parent}",
        f"open that one, or take another folder: {ANOTHER_FOLDER}. "
        "A server of several processes, as gunicorn -w 2, is to have one: -w 1",
    )


def _clock(there: Whereabouts) -> str:
    return time.strftime("%H:%M", time.localtime(there.since)) if there.since else "?"


def _locked(path: Path) -> int | None:
    """A descriptor of the file at this path, locked; None when another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o600)
    try:
        if file_lock.try_alone(descriptor) and _is_at(descriptor, path):
            os.fchmod(descriptor, 0o600)
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the path still leads to the file: the one before us may just have removed it."""
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    return False


def _give_back(descriptor: int, path: Path, pid: int) -> None:
    if os.getpid() == pid:  # a child that was forked has the same lock, and leaves it alone
        with contextlib.suppress(OSError):
            path.unlink()
    os.close(descriptor)
