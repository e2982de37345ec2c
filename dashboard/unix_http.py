"""HTTP over a Unix socket for urllib, and whether such a socket can be listened at."""

import http.client
import os
import socket
import stat
import urllib.request
from typing import Any

from dashboard.numbers import shown

SCHEME = "unix://"
TIMEOUT_S = 35.0
ANSWER_S = 1.0
BLOCK_BYTES = 8192
PATH_BYTES = 107  # sun_path of unix(7), less its end


class UnixConnection(http.client.HTTPConnection):
    """A connection to a path; the host is only a word in the request."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class UnixHandler(urllib.request.HTTPHandler):
    """Sends every request to one path."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(self._connection, req)

    def _connection(
        self,
        host: str,
        /,
        *,
        port: int | None = None,
        timeout: float = TIMEOUT_S,
        source_address: tuple[str, int] | None = None,
        blocksize: int = BLOCK_BYTES,
    ) -> UnixConnection:
        """As urllib asks for one; to a path only its time limit means something."""
        return UnixConnection(self._path, timeout)


def refusal(path: str) -> str:
    """Why a server cannot listen at a path; empty when it can. Removes a socket that is left of a
    server that was killed: nobody answers at it."""
    if not hasattr(socket, "AF_UNIX"):
        return "This system has no Unix sockets. Take an address: --host 127.0.0.1"
    if not path.startswith("/") or len(os.fsencode(path)) > PATH_BYTES:
        return f"{shown(path)} is not an absolute path of at most {PATH_BYTES} bytes for a socket"
    if not os.path.isdir(os.path.dirname(path)):
        return f"There is no folder {shown(os.path.dirname(path))} for the socket"
    if not os.path.lexists(path):
        return ""
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        return f"{shown(path)} is there already, and is not a socket. Take another path"
    if _answers(path):
        return f"Another server listens at {shown(path)}. Take another path"
    os.unlink(path)
    return ""


def _answers(path: str) -> bool:
    """Also where it is too busy to take us (EAGAIN of a full backlog, connect(2))."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(ANSWER_S)
        try:
            sock.connect(path)
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True
