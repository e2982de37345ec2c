"""Under `make coverage` a process that ends itself by a signal says first what it has run, as
coverage has it say at os._exit()."""

import os

try:
    from coverage import Coverage
except ImportError:  # another Python
    measuring = None
else:
    measuring = Coverage.current()

kill = os.kill


def say_and_kill(pid: int, number: int) -> None:
    if pid in (0, os.getpid()):
        measuring.save()
    kill(pid, number)


if measuring:
    os.kill = say_and_kill
