"""A command of the shell, and then another program in the place of this one."""

import os
import socket
import sys

if len(sys.argv) > 1:
    sys.exit(3)
socket.socket().bind(("127.0.0.1", 0))
print(os.system("exit 3") >> 8, flush=True)
os.execv(sys.executable, [sys.executable, __file__, "again"])
