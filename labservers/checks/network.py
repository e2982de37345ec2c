"""A network of its own for this process: a loopback and nothing else (network_namespaces(7)).

Programs with the same port can be checked at the same time then. Linux only.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

from labservers.observe import controls

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000  # clone(2)
SET_FLAGS, UP = 0x8914, 0x1  # SIOCSIFFLAGS, IFF_UP: netdevice(7)


def enter() -> None:
    """For this process, which has one thread, and all that it will start.

    Raises:
        OSError: the system gives none.
    """
    user, group = os.getuid(), os.getgid()
    if user != 0 or not _unshare(NEW_NETWORK):
        if not _unshare(NEW_USER | NEW_NETWORK):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        _keep(user, group)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        controls.order(any_socket.fileno(), SET_FLAGS, struct.pack("16sH14x", b"lo", UP))


def possible() -> bool:
    """Whether a child of this process can have one."""
    if sys.platform != "linux":
        return False
    command = [sys.executable, "-c", f"import {__name__} as network; network.enter()"]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def _unshare(flags: int) -> bool:
    """unshare(2); Python has it from 3.12 on."""
    unshare = getattr(ctypes.CDLL(None, use_errno=True), "unshare", None)
    return unshare is not None and unshare(flags) == 0


def _keep(user: int, group: int) -> None:
    """The numbers of user and group stay as they are (user_namespaces(7))."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
