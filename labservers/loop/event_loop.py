"""The lab's event loop: generators that say what they wait for, and one thread that runs them.

    loop = EventLoop(main=server.serve_forever())
    loop.run()

A task is a generator. It runs until its next `yield (TaskType.TO_READ, socket)`, and again when
that socket is ready. Words: a *step* is one resume of a task; a *tick* is one step of each task
that is ready after a wait; the *wait* is the time in the system call.

Beyond the lab's loop: `yield (TaskType.TO_READ, socket, 10.0)` raises TimeoutError in the task
after 10 s. `yield (TaskType.SLEEP, 0.5)` waits for time alone, or for wake(). A task that raises
ends alone. A second task for a side of a socket gets an exception, as one that yields anything
else does. Nothing may block but the wait and an observer.
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from labservers.loop.calls import Calls
from labservers.loop.observers import Observers
from labservers.loop.task import NEVER, SLEEP, TO_READ, TO_WRITE, Task, TaskGenerator, TaskType
from labservers.loop.timers import Timers
from labservers.loop.waits import READ, WRITE, Socket, Waits, refusal

__all__ = ["EventLoop", "Task", "TaskType"]


class EventLoop:
    """See the module. call_soon(call) and halt() are for any thread, the others for the loop's own.
    report(text, error) hears of a task, a call or an observer that broke."""

    def __init__(
        self,
        main: TaskGenerator | None = None,
        selector: str = "auto",
        report: Callable[[str, BaseException], None] = lambda text, error: print(text, error),
    ) -> None:
        self.waits, self.timers = Waits(selector), Timers()
        self._tasks: deque[Task] = deque()  # ready to run
        self._to_read, self._to_write = self.waits.to_read, self.waits.to_write
        self._calls = Calls(self.waits.interrupt, report)
        self.call_soon, self.call_when_idle = self._calls.soon, self._calls.when_idle
        self.observers = Observers(report)
        self.now = time.monotonic()  # when the newest wait ended
        self.current: Task | None = None
        self.created = self.finished = self.steps = self.ticks = self.refused = 0
        self.cancelled: Counter[str] = Counter()  # by lane
        self._report = report
        if main is not None:
            self.create_task(main)

    def run(self) -> None:
        """Run until no task is left, or until halt()."""
        try:
            while self._tasks or self._to_read or self._to_write or self.waits.asleep:
                self._wait()
                self._tick()
        finally:
            self._cancel_all()
            self._calls.make(idle=True)
            self.waits.close()

    def _wait(self) -> None:
        """The lab's select(); it returns at once while tasks are ready."""
        self.observers.notify("before_wait")
        until = self.now if self._tasks or self._calls else self.timers.first
        ready_to_read, ready_to_write = self.waits.select(until)
        self.now = time.monotonic()
        if self.observers.after_wait:
            self.observers.notify("after_wait", len(ready_to_read) + len(ready_to_write))
        self._end_reading(ready_to_read)
        self._make_ready([self._to_write.pop(socket) for socket in ready_to_write])
        self._end_waits()
        self._calls.make(idle=not self._tasks)

    def _end_reading(self, sockets: list[Socket]) -> None:
        self._make_ready([self._to_read.pop(socket) for socket in sockets])

    def _tick(self) -> None:
        self.ticks += bool(self._tasks)
        for _ in range(len(self._tasks)):
            if self._tasks:  # else a task of this tick has ended others
                self._step()

    def _step(self) -> None:
        self.observers.notify("resuming", self._tasks[0])
        current_task = self.current = self._tasks.popleft()
        current_task.lane = "running"
        current_task.steps += 1
        self.steps += 1
        try:
            wanted = current_task.throw() if current_task.error else next(current_task.generator)
        except StopIteration:
            self._finish(current_task)
        except Exception as error:
            self._finish(current_task, error)
        else:
            self._park(current_task, wanted)
            self.observers.notify("suspended", current_task)
        self.current = None

    def _park(self, current_task: Task, wanted: Any) -> None:
        """Let a task wait for what it yielded; a refusal is thrown in at its next step."""
        try:
            task_type, socket, limit_s = wanted if len(wanted) == 3 else (*wanted, NEVER)
            deadline = self.now + limit_s
            if task_type == TO_READ:
                self.waits.watch(current_task, socket, READ)
                self._to_read[socket] = current_task
            elif task_type == TO_WRITE:
                self.waits.watch(current_task, socket, WRITE)
                self._to_write[socket] = current_task
            elif task_type == SLEEP:
                deadline = self.now + socket  # which is a number of seconds here
                self.waits.sleep(current_task)
            else:
                raise TypeError
        except Exception as error:
            self.refused += 1
            current_task.error = refusal(error, wanted)
            self._make_ready([current_task])
        else:
            current_task.since, current_task.deadline = self.now, deadline
            if deadline < current_task.due:
                self.timers.set(current_task, deadline)

    def create_task(self, task: TaskGenerator) -> Task:
        """Let a generator run, from the next tick on at the latest."""
        self.created += 1
        created = Task(self.created, task, self.now)
        self._tasks.append(created)
        self.observers.notify("created", created)
        return created

    def halt(self) -> None:
        """End all tasks, and so run(), after this tick."""
        self.call_soon(self._cancel_all)

    def wake(self, task: Task) -> None:
        """End a task's sleep now; nothing when it does not sleep."""
        if task.lane == "sleeping":
            self.waits.take_out(task)
            self._make_ready([task])

    def cancel(self, task: Task) -> None:
        """End a task where it stands; its `finally` clauses run. Nothing for the current one."""
        if task.lane in ("running", "done"):
            return
        self.cancelled[task.lane] += 1
        if task.lane == "ready":
            self._tasks.remove(task)
        else:
            self.waits.take_out(task)
        self._finish(task, task.close())

    def close(self, socket: Socket) -> None:
        """Close a socket and the tasks that wait for it."""
        for task in self.waits.forget(socket, socket.fileno()):
            self.cancel(task)
        socket.close()

    def tasks(self) -> list[Task]:
        """All tasks but the current one; for any thread."""
        return [*self._tasks, *self._to_read.values(), *self._to_write.values(), *self.waits.asleep]

    @property
    def ready(self) -> int:
        """How many tasks wait for their turn."""
        return len(self._tasks)

    def _make_ready(self, tasks: list[Task]) -> None:
        for task in tasks:
            task.lane = "ready"
            task.since = self.now
        self._tasks.extend(tasks)

    def _end_waits(self) -> None:
        """Those whose time is over, or whose socket is closed."""
        for task in self.timers.take_expired(self.now):
            if task.lane != "sleeping":
                task.error = TimeoutError("the socket was not ready in time")
            self.waits.take_out(task)
            self._make_ready([task])
        for task in self.waits.take_lost(self.now):
            self.cancel(task)

    def _finish(self, task: Task, error: BaseException | None = None) -> None:
        task.lane = "done"
        self.finished += 1
        self.timers.forget(task)
        self.waits.forget_task(task)
        if error is not None:
            self._report(f"task {task.id} ended with an error", error)
        self.observers.notify("finished", task, error)

    def _cancel_all(self) -> None:
        for task in self.tasks():
            self.cancel(task)
