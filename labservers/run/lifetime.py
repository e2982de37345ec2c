"""Running a server from bind() to its exit code.

By hand, ^C and SIGTERM end the server. Under the dashboard a channel brings commands as well, and
its end means that the dashboard is gone, however it died. Whatever the cause, one thread stops the
server and a deadline guards it: what does not come to its end is left behind by os._exit().
"""

import errno
import os
import socket
import threading

from labservers.net.remarks import remarks
from labservers.observe import messages
from labservers.observe.addresses import address_text
from labservers.observe.channel import Channel
from labservers.run.commands import obey
from labservers.run.reporter import Reporter
from labservers.run.server import LabServer, UnusableFiles
from labservers.run.stopper import EXIT_OK, Stopper

EXIT_FAILED = 1
LAST_WORDS_S = 1.0


def run(server: LabServer, channel: Channel | None = None) -> int:
    """Bind and serve until a signal, a Stop or the end of the dashboard.

    Returns the process's exit code: 0 after a clean end, 1 when the server could not start or
    broke; the reason stands in the log.
    """
    try:
        host, port = server.bind()
    except OSError as error:
        return _could_not_start(server, error, channel)
    stopper = Stopper(server)
    stopper.heed_signals()
    server.log.info(f"listening on {address_text((host, port))}, {_described(server)}")
    kind = socket.SOCK_DGRAM if server.spec.transport == "udp" else socket.SOCK_STREAM
    for remark in remarks(host, port, kind):
        server.log.warning(remark)
    for _, sentence in server.notices:
        server.log.warning(sentence)
    if channel:
        _report_to(channel, server, stopper, messages.Address(host, port))
    try:
        server.serve()
        server.log.info(f"goodbye, port {port} is free")
        return EXIT_OK
    except Exception as error:
        server.log.failure("the server broke", error)
        return EXIT_FAILED
    finally:
        stopper.finish()
        server.log.close()


def _report_to(
    channel: Channel, server: LabServer, stopper: Stopper, address: messages.Address
) -> None:
    """Say that the server is up, and from now on report and obey."""
    now, model = server.monitor.clock.now(), server.options.model
    ready = messages.Ready(now, os.getpid(), model, [address], messages.SCHEMA)
    channel.send(messages.encode(ready))
    for code, sentence in server.notices:
        channel.send(messages.encode(messages.Notice(now, code, sentence)))
    reporter = Reporter(server, channel)
    reporter.start()
    threading.Thread(
        target=obey, args=(channel, server, reporter, stopper), name="commands", daemon=True
    ).start()


def _described(server: LabServer) -> str:
    return f"{server.spec.protocol}, {server.options.model}, pid {os.getpid()}; ^C ends it"


def _could_not_start(server: LabServer, error: OSError, channel: Channel | None) -> int:
    message = bind_failure(server, error)
    if channel:
        code = messages.FILES if isinstance(error, UnusableFiles) else _errno_name(error.errno)
        now = server.monitor.clock.now()
        channel.send(messages.encode(messages.Failed(now, error.errno, code, message)))
        channel.flush(LAST_WORDS_S)
    server.log.error(message)
    server.log.close()
    return EXIT_FAILED


def _errno_name(number: int | None) -> str:
    return errno.errorcode.get(number or 0, "")


def bind_failure(server: LabServer, error: OSError) -> str:
    """One sentence: the port that could not be had, the reason, and the next step."""
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
