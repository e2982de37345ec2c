"""Programs of a user that are hard to end. Each writes the numbers of its processes into the folder
`born`, one a file, and listens on the port that replaces PORT."""

from pathlib import Path

LISTENS = """
import os, pathlib, signal, socket, subprocess, sys, time

def born():
    pathlib.Path("born", str(os.getpid())).touch()

def serve():
    born()
    server = socket.create_server(("127.0.0.1", PORT))
    while True:
        client, peer = server.accept()
        client.sendall(client.recv(100))
        client.close()
"""

PROGRAMS = {
    "plain": "serve()",
    "daemon": """
if not os.fork():
    os.setsid()
    if not os.fork():
        os.closerange(0, 100)
        serve()
    os._exit(0)
os.wait()
born()
signal.pause()
""",
    "children": """
import multiprocessing

def rest():
    born()
    signal.pause()

rests = "import os, pathlib, signal; pathlib.Path('born', str(os.getpid())).touch(); signal.pause()"
multiprocessing.get_context("fork").Process(target=rest).start()
subprocess.Popen([sys.executable, "-c", rests])
subprocess.Popen([sys.executable, "-c", rests], start_new_session=True)
serve()
""",
    "stubborn": """
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
serve()
""",
    "session": """
if os.fork():
    born()
    os.wait()
else:
    os.setsid()
    serve()
""",
}
CHECKED = """
import os, signal, socket

signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = socket.create_server(("127.0.0.1", 0))
if not os.fork():
    os.setsid()
    os.fork()
while True:
    client, peer = server.accept()
    client.sendall(b"x")
    client.close()
"""  # one that is only checked: probes wait for its answers
CHECKS = 6  # processes: the checker, two guards, and its three
PROCESSES = {"plain": 1, "daemon": 2, "children": 4, "stubborn": 1, "session": 2}


class HardToEnd:
    """Such a program in a folder of its own."""

    def __init__(self, folder: Path, kind: str, port: int) -> None:
        self.kind, self.port = kind, port
        self._most = PROCESSES[kind]
        self._born = folder / kind / "born"
        self._born.mkdir(parents=True)
        self.file = folder / kind / f"{kind}.py"
        self.file.write_text(LISTENS.replace("PORT", str(port)) + PROGRAMS[kind])

    def born(self) -> set[int]:
        """The numbers of its processes, as soon as there are all of them."""
        found = {int(path.name) for path in self._born.iterdir()}
        return found if len(found) >= self._most else set()

    def forget(self) -> None:
        for path in self._born.iterdir():
            path.unlink()
