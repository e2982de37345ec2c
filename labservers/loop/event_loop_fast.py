"""Only for speed: the event loop, with the steps of a tick in one function.

Nearly all tasks wait to read the socket that they read before. For these nothing is left to be
decided, and nothing is called. All else is for EventLoop, and a property test holds both equal.
"""

from collections import deque
from typing import Any

from labservers.loop.event_loop import EventLoop
from labservers.loop.task import TO_READ
from labservers.loop.waits import READ


class FastEventLoop(EventLoop):
    """See the module."""

    def _tick(self) -> None:
        tasks: deque[Any] = self._tasks
        to_read, observers = self._to_read, self.observers
        registered, now = self.waits.registered, self.now
        self.ticks += bool(tasks)
        for _ in range(len(tasks)):
            if not tasks:
                break
            if observers.of_steps or tasks[0].error:
                self._step()
                continue
            task = self.current = tasks.popleft()
            task.lane = "running"
            task.steps += 1
            self.steps += 1
            try:
                wanted = next(task.generator)
            except StopIteration:
                self._finish(task)
            except Exception as error:
                self._finish(task, error)
            else:
                try:
                    task_type, socket, limit_s = wanted
                except Exception:  # not such a tuple
                    task_type = socket = limit_s = None
                if (
                    task_type is TO_READ
                    and socket is task.socket
                    and limit_s.__class__ is float
                    and socket not in to_read
                    and registered.get(socket.fileno()) == (socket, READ)
                ):  # as _park() and Waits.watch()
                    to_read[socket] = task
                    task.lane = task.wanted = "reading"
                    task.since = now
                    task.deadline = deadline = now + limit_s
                    if deadline < task.due:
                        self.timers.set(task, deadline)
                else:
                    self._park(task, wanted)
            self.current = None
