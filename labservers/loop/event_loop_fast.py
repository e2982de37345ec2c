"""Only for speed: the event loop, with the steps of a tick in one function.

Nearly all tasks wait to read the socket that they read before. For these nothing is left to be
decided, and nothing is called. And what many tasks would do at their next steps in the same way
can be done for all of them together, without a step of each. All else is for EventLoop, and a
property test holds both equal.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from labservers.loop.event_loop import EventLoop
from labservers.loop.task import TO_READ, Task
from labservers.loop.waits import READ, Socket

Together: TypeAlias = Callable[[list[Task]], list[Task]]


class FastEventLoop(EventLoop):
    """together(tasks): of tasks whose sockets are ready to be read, do the next step of those
    where it ends in the same wait, and give back the others."""

    together: Together | None = None

    def _end_reading(self, sockets: list[Socket]) -> None:
        """As in EventLoop; a step that is done together counts as one."""
        if self.together is None or not sockets or self.observers.of_steps:
            super()._end_reading(sockets)
            return
        now, to_read = self.now, self._to_read
        tasks = [to_read[socket] for socket in sockets]
        left = self.together(tasks)
        if left is not tasks:
            for task in set(tasks).difference(left):
                task.deadline += now - task.since
                task.since = now
                task.steps += 1
            self.steps += len(tasks) - len(left)
            self.ticks += not left and not self._tasks
        super()._end_reading([task.socket for task in left if task.socket is not None])

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
