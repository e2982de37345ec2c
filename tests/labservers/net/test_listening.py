"""The options that accepted sockets inherit from a listener."""

import socket

from labservers.net.listening import listen_tcp


def congestion_control(sock: socket.socket) -> bytes:
    return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0")


def test_what_stays_on_this_machine_is_not_paced_and_the_rest_is_as_the_system_has_it() -> None:
    with socket.socket() as fresh:
        usual = congestion_control(fresh)
    for host, expected in (("127.0.0.1", b"reno"), ("0.0.0.0", usual)):
        with (
            listen_tcp(host, 0) as listener,
            socket.create_connection(("127.0.0.1", listener.getsockname()[1]), 30),
        ):
            accepted, _ = listener.accept()
            with accepted:
                assert congestion_control(accepted) == expected
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
