"""Servers in this process, on free ports, run by a thread; ended and joined after the test."""

import io
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from labservers.net.closing import Linger
from labservers.observe.log import Log
from labservers.observe.monitor import Monitor
from labservers.registry import SERVERS
from labservers.run.server import LabServer, Options

Make = Callable[..., LabServer]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """serve("chat") -> the running server, its address as .address, its log as .lines()."""
    running: list[tuple[LabServer, threading.Thread, Log]] = []

    def start(name: str, make: Make | None = None, **options: Any) -> LabServer:
        import importlib

        spec = SERVERS[name]
        written = io.StringIO()
        log = Log(name, written)
        chosen = Options(
            host=options.pop("host", "127.0.0.1"),
            port=0,
            model=options.pop("model", spec.default_model),
            data_dir=str(tmp_path),
            **options,
        )
        create = make or importlib.import_module(spec.module).create
        server: Any = create(spec, chosen, Monitor(log))
        server.address = server.bind()
        server.lines = written.getvalue
        thread = threading.Thread(target=server.serve, name=f"serve {name}")
        thread.start()
        running.append((server, thread, log))
        return server

    yield start
    for server, thread, log in running:
        server.stop()
        thread.join(8)
        assert not thread.is_alive(), f"{server.spec.name} did not end"
        log.close()


@pytest.fixture
def long_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that still sends after its answer is read for as long as it takes on a busy machine;
    how long it otherwise is, net/test_closing.py asks with clocks of its own."""
    patient = partial(Linger, silence_s=60.0, longest_s=60.0)
    for module in ("net.closing", "servers.subjects"):
        monkeypatch.setattr(f"labservers.{module}.Linger", patient)


@pytest.fixture
def connect() -> Iterator[Callable[..., socket.socket]]:
    """Connections that are closed after the test."""
    opened: list[socket.socket] = []

    def to(address: tuple[str, int], timeout_s: float = 10.0) -> socket.socket:
        sock = socket.create_connection(address, timeout_s)
        opened.append(sock)
        return sock

    yield to
    for sock in opened:
        sock.close()
