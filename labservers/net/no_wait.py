"""Calls on a socket that waits, without a wait this once: MSG_DONTWAIT (recv(2), send(2))."""

import socket

DONT_WAIT = getattr(socket, "MSG_DONTWAIT", 0)
MISSING = (
    ""
    if DONT_WAIT
    else "the servers need Linux or macOS, as this system knows no MSG_DONTWAIT; "
    "on Windows run them in WSL2"
)
