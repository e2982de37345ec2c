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
    """together(tasks): of tasks whose sockets are ready to be read, do the next step of some, name
    the lanes in which these end by read_on() or sleep(), and give back the others. A step of each
    has been done then; these methods are for the loop's thread."""

    together: Together | None = None
    _done_together = False  # steps, for the tick that begins

    def read_on(self, tasks: list[Task], limit_s: float) -> None:
        """They wait for the sockets that they waited for before."""
        self._stepped(tasks, limit_s)

    def sleep(self, tasks: list[Task], limit_s: float) -> None:
        """They waited to read, and sleep from now on."""
        waits = self.waits
        to_read: dict[Any, Task] = self._to_read
        for task in tasks:
            del to_read[task.socket]
            task.lane = task.wanted = "sleeping"
        waits.asleep.update(tasks)
        waits.sleeps += len(tasks)
        self._stepped(tasks, limit_s)

    def read_again(self, tasks: list[Task], limit_s: float) -> None:
        """They slept, and wait for the sockets that they waited for before."""
        waits, to_read, registered = self.waits, self._to_read, self.waits.registered
        waits.asleep.difference_update(tasks)
        for task in tasks:
            sock: Any = task.socket
            if sock in to_read or registered.get(task.fd) != (sock, READ):
                waits.watch(task, sock, READ)
            task.lane = task.wanted = "reading"
            to_read[sock] = task
        self._stepped(tasks, limit_s)

    def _stepped(self, tasks: list[Task], limit_s: float) -> None:
        now = self.now
        deadline = now + limit_s
        for task in tasks:
            task.steps += 1
            task.since, task.deadline = now, deadline
            if deadline < task.due:
                self.timers.set(task, deadline)
        self.steps += len(tasks)
        self._done_together = self._done_together or bool(tasks)

    def _end_reading(self, sockets: list[Socket]) -> None:
        if self.together is not None and sockets and not self.observers.of_steps:
            left = self.together([self._to_read[socket] for socket in sockets])
            sockets = [task.socket for task in left if task.socket is not None]
        super()._end_reading(sockets)

    def _tick(self) -> None:
        tasks: deque[Any] = self._tasks
        to_read, observers = self._to_read, self.observers
        registered, now = self.waits.registered, self.now
        self.ticks += bool(tasks) or self._done_together
        self._done_together = False
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
