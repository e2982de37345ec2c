"""Running a server to its end: signals, the dashboard's pipes, the exit code.

By hand, ^C and SIGTERM end the server. Under the dashboard (`--controlled`) standard input
brings commands and its end means that the dashboard is gone, however it died; standard output
takes telemetry. Whoever asks, one thread stops the server and a deadline guards it: a server
that does not come to its end is left behind by os._exit().
"""

import contextlib
import errno
import io
import math
import os
import signal
import socket
import sys
import threading
import time
from types import FrameType

from labservers.observe import messages
from labservers.observe.addresses import address_text
from labservers.run.server import STOP_GRACE_S, LabServer, UnusableFiles

EXIT_OK = 0
EXIT_FAILED = 1
HURRY_S = 1.2  # when the dashboard is gone, its children are to be gone within 2 s
MARGIN_S = 0.6  # for the goodbye, behind the grace that serve() has
QUIET_RATE_HZ = 1.0
MAX_RATE_HZ = 20.0
ROWS_RATE_HZ = 2.0
WATCHED_RATE_HZ = 2.0  # from this rate on somebody is looking, and rows are sent as well


def run(server: LabServer, *, controlled: bool) -> int:
    """Bind and serve until a signal, a stop command or the end of the dashboard.

    Returns the process's exit code: 0 after a clean end, 1 when the server could not start or
    broke; the reason stands in the log.
    """
    out = Outlet() if controlled else None
    try:
        address = server.bind()
    except OSError as error:
        return _could_not_start(server, error, out)
    stopper = Stopper(server)
    stopper.heed_signals()
    server.log.info(f"listening on {address_text(address)}, {_described(server)}")
    if out:
        out.write(messages.Ready(address[0], address[1], os.getpid(), server.options.model))
        reporter = Reporter(server, out)
        reporter.start()
        threading.Thread(
            target=_read_commands, args=(server, reporter, stopper), name="commands", daemon=True
        ).start()
    try:
        server.serve()
        server.log.info(f"goodbye, port {address[1]} is free")
        return EXIT_OK
    except Exception as error:
        server.log.failure("the server broke", error)
        return EXIT_FAILED
    finally:
        stopper.finish()
        server.log.close()


def _ending_signals() -> list[int]:
    """^C, SIGTERM and the end of the terminal, which nohup(1) has us ignore."""
    numbers: list[int] = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


def _described(server: LabServer) -> str:
    return f"{server.spec.protocol}, {server.options.model}, pid {os.getpid()}; ^C ends it"


def _could_not_start(server: LabServer, error: OSError, out: "Outlet | None") -> int:
    message = bind_failure(server, error)
    if out:
        code = messages.FILES if isinstance(error, UnusableFiles) else _errno_name(error.errno)
        out.write(messages.Failed(error.errno, code, message))
    server.log.error(message)
    server.log.close()
    return EXIT_FAILED


def _errno_name(number: int | None) -> str:
    return errno.errorcode.get(number or 0, "")


def bind_failure(server: LabServer, error: OSError) -> str:
    """One sentence: what could not be had, why, and the next step."""
    if isinstance(error, UnusableFiles):
        return str(error)
    host, port = server.options.host, server.options.port
    where = address_text((host, port))
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is already in use; end its owner or choose another: --port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no right to bind {where}; ports below 1024 are privileged, choose --port 1024 up"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; choose another: --host 127.0.0.1"
    if isinstance(error, socket.gaierror):
        return f"the host name {host!r} is unknown here; choose another: --host 127.0.0.1"
    return f"cannot bind {where}: {error.strerror or error}"


class Stopper:
    """The one thread that stops the server, and the deadline behind it.

    It is told of signals by the interpreter's C handler, which writes to a socket
    (signal.set_wakeup_fd). A handler in Python would run in the main thread alone, and only when
    that comes back from the system call it stands in: a signal that another thread got, or that
    came just before the call, does not bring it back.
    """

    def __init__(self, server: LabServer) -> None:
        self._finished = threading.Event()
        self._server = server
        self._until = math.inf  # of time.monotonic(); the most urgent request counts
        self._asked, self._ask = socket.socketpair()
        self._ask.setblocking(False)
        threading.Thread(target=self._wait, name="stopper", daemon=True).start()

    def heed_signals(self) -> None:
        """From now on they end the server; called by the main thread."""
        signal.set_wakeup_fd(self._ask.fileno(), warn_on_full_buffer=False)
        for number in _ending_signals():
            signal.signal(number, _leave_it_to_the_stopper)

    def finish(self) -> None:
        """The server has ended. Another signal (make passes ^C on, which the terminal has sent
        already) is not to kill the interpreter on its way out."""
        self._finished.set()
        for number in _ending_signals():
            signal.signal(number, signal.SIG_IGN)

    def stop(self, within_s: float = STOP_GRACE_S + MARGIN_S) -> None:
        self._until = min(self._until, time.monotonic() + within_s)
        with contextlib.suppress(BlockingIOError):  # full of requests
            self._ask.send(b"\0")

    def _wait(self) -> None:
        self._asked.recv(1)
        self._until = min(self._until, time.monotonic() + STOP_GRACE_S + MARGIN_S)
        self._server.log.info("stopping")
        self._server.stop()
        while not self._finished.wait(0.05):
            if time.monotonic() >= self._until:
                self._server.log.warning("not everything ended in time; leaving it")
                self._server.log.close(0.2)
                os._exit(EXIT_OK)


def _leave_it_to_the_stopper(_number: int, _frame: FrameType | None) -> None:
    """Without any handler in Python there would be none in C either."""


class Outlet:
    """Standard output as a line of messages; a lock keeps the lines whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stream = sys.stdout.buffer

    def write(self, message: messages.Message) -> bool:
        """Write one message; False when nobody reads any more."""
        try:
            with self._lock:
                self._stream.write(messages.encode(message))
                self._stream.flush()
        except (OSError, ValueError):
            return False
        return True


class Reporter(threading.Thread):
    """Sends frames, events and, while somebody looks, rows.

    Observation never breaks the observed: what fails here is logged once and left out.
    """

    def __init__(self, server: LabServer, out: Outlet) -> None:
        super().__init__(name="telemetry", daemon=True)
        self._server = server
        self._out = out
        self._rate_hz = QUIET_RATE_HZ
        self._changed = threading.Event()
        self._complained = False

    def set_rate(self, hz: float) -> None:
        self._rate_hz = min(max(hz, QUIET_RATE_HZ), MAX_RATE_HZ)
        self._changed.set()

    def run(self) -> None:
        seq = 0
        rows_at = due = time.monotonic()
        while True:
            if self._changed.wait(max(0.0, due - time.monotonic())):
                self._changed.clear()
            now = time.monotonic()
            due = now + 1 / self._rate_hz
            seq += 1
            with_rows = self._rate_hz >= WATCHED_RATE_HZ and now >= rows_at
            if with_rows:
                rows_at = now + 1 / ROWS_RATE_HZ
            if not self._report(seq, with_rows=with_rows):
                return

    def _report(self, seq: int, *, with_rows: bool) -> bool:
        batch: list[messages.Message | None] = []
        try:
            batch.append(self._server.frame(seq))
            batch.append(self._server.monitor.take_events())
            if with_rows:
                batch.append(self._server.rows())
        except Exception as error:
            if not self._complained:
                self._complained = True
                self._server.log.failure("telemetry failed", error)
        return all(self._out.write(message) for message in batch if message is not None)


def _read_commands(server: LabServer, reporter: Reporter, stopper: Stopper) -> None:
    """Obey one JSON line each; the end of the stream is the end of the dashboard."""
    # Unbuffered: a buffer's lock, held by this daemon thread, would abort the interpreter's exit.
    commands = io.FileIO(sys.stdin.fileno(), closefd=False)
    try:
        for line in commands:
            try:
                command = messages.decode_command(line)
            except messages.TelemetryError as error:
                server.log.warning(f"ignored: {error}")
                continue
            if command.name == "stop":
                stopper.stop()
            elif command.name == "rate":
                reporter.set_rate(command.value)
                server.watched(command.value)
            else:
                server.command(command)
    except (OSError, ValueError):
        pass
    stopper.stop(HURRY_S)
