"""The lab's event loop: generators that say what they wait for, and one thread that runs them.

    loop = EventLoop(main=server.serve_forever())
    loop.run()

A task is a generator. It runs until its next `yield (TaskType.TO_READ, socket)`, and again when
that socket is ready. Words: a *step* is one resume of a task; a *tick* is the time from one
return of the system call to the next call; the *wait* is the time inside it; *lag* is how long
a ready task waited for its turn.

Beside the lab's loop:
- `yield (TaskType.TO_READ, socket, 10.0)` waits 10 s at the most, then raises TimeoutError in
  the task; `yield (TaskType.SLEEP, 0.5)` waits for time alone.
- A task that raises ends alone. A second task that waits for the same side of a socket is told
  so by an exception, and so is one that yields anything else.
- epoll instead of select, and a registration lasts from one wait to the next.
- An observer is told of every step; one that raises is taken off.

What follows from that for the code below: nothing here may block but the poll; no tick may cost
more because more tasks are idle; a deadline is an attribute and at most one entry in a heap,
which is looked at only when it comes due. Sockets are closed by the tasks, also without a word
to the loop, so a registration holds the socket and not only its number, which the next socket
will have again.
"""

import enum
import heapq
import itertools
import math
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any, Protocol, TypeAlias

from labservers.loop import pollers
from labservers.net.waker import Waker

READ, WRITE = pollers.READ, pollers.WRITE
PAUSE_LIMIT_S = 300.0
SWEEP_S = 5.0
TICKS_KEPT = 4_096
STALE_AT_LEAST = 64
IDLE_TICKS = 8


class TaskType(enum.StrEnum):
    """What a task can wait for."""

    TO_READ = "to_read"
    TO_WRITE = "to_write"
    SLEEP = "sleep"


TO_READ, TO_WRITE, SLEEP = TaskType.TO_READ, TaskType.TO_WRITE, TaskType.SLEEP
TaskGenerator: TypeAlias = Generator[Any, Any, Any]


class AlreadyWaited(RuntimeError):
    """Another task waits for the same side of the same socket; the text names it."""


NOTHING = object()  # is no request
UNKNOWN: tuple[Any, int] = (NOTHING, 0)
NEVER = math.inf

# What comes of taking something for a request that is none, or cannot be granted.
NO_REQUEST = (TypeError, ValueError, LookupError, AttributeError, OSError, AlreadyWaited)


class Task:
    """A generator in the loop, with what is to be known of it.

    lane: ready, running, reading, writing, sleeping or done; since: when it came there, by the
    monotonic clock. steps: how often it ran. about: whatever its owner wants to remember.
    """

    __slots__ = (
        "about",
        "created_at",
        "deadline",
        "due",
        "error",
        "fd",
        "generator",
        "id",
        "lane",
        "since",
        "sock",
        "steps",
        "wanted",
    )

    def __init__(self, id: int, generator: TaskGenerator, now: float) -> None:
        self.id = id
        self.generator = generator
        self.lane = "ready"
        self.created_at = self.since = now
        self.steps = 0
        self.sock: socket.socket | None = None
        self.fd = -1
        self.deadline: float | None = None
        self.due = NEVER  # of its entry in the heap of timers
        self.error: BaseException | None = None  # thrown in at the next step
        self.wanted: Any = NOTHING  # the newest request that it waited with
        self.about: Any = None

    def __lt__(self, other: "Task") -> bool:
        return self.id < other.id

    def line(self) -> str:
        """Where the task stands: the innermost generator's file and line, `subjects.py:88`."""
        inner = self.generator
        while isinstance(delegate := getattr(inner, "gi_yieldfrom", None), Generator):
            inner = delegate
        frame = getattr(inner, "gi_frame", None)
        if frame is None:
            return ""
        return f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"


class LoopObserver(Protocol):
    """Is told what the loop does, in the loop's thread. Whatever it raises takes it off."""

    def created(self, task: Task) -> None: ...
    def resumed(self, task: Task) -> None: ...
    def suspended(self, task: Task) -> None: ...
    def finished(self, task: Task, error: BaseException | None) -> None: ...
    def before_wait(self, tick_s: float, steps: int) -> None: ...
    def after_wait(self, wait_s: float, returned: int) -> None: ...


class EventLoop:
    """See the module. Methods are for the loop's own thread, but for those that say otherwise.

    report(text, error) is told of a task or an observer that broke.
    """

    def __init__(
        self,
        main: TaskGenerator | None = None,
        selector: str = "auto",
        report: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        self.poller = pollers.make(selector)
        self.now = time.monotonic()
        self.observer: LoopObserver | None = None
        self.ticks = self.steps = 0
        self.tick_s = self.wait_s = 0.0  # the newest
        self.tick_steps = self.returned = 0
        self.tick_times: deque[float] = deque(maxlen=TICKS_KEPT)
        self.busy_s = self.waited_s = 0.0
        self.lag_s = 0.0
        self.ready_max = 0
        self.paused_until: float | None = None
        self.delay_s = 0.0
        self.tasks: set[Task] = set()
        self.current: Task | None = None
        self._report = report or _print_error
        self._ids = itertools.count(1)
        self._ready: deque[Task] = deque()
        self._readers: dict[int, Task] = {}
        self._writers: dict[int, Task] = {}
        self._registered: dict[int, tuple[socket.socket, int]] = {}
        self._timers: list[tuple[float, Task]] = []
        self._stale = 0  # entries in the heap whose task has ended or has a nearer one
        self._sleepers = 0
        self._calls: deque[Callable[[], None]] = deque()
        self._idle_calls: list[Callable[[], None]] = []
        self._idle_at_latest = 0
        self._woken = False
        self._steps_allowed = 0
        self._next_sweep = self.now + SWEEP_S
        self._waker = Waker()
        self._halted = threading.Event()
        if main is not None:
            self.create_task(main)

    def create_task(self, task: TaskGenerator) -> Task:
        """Let a generator run from the next tick on."""
        created = Task(next(self._ids), task, self.now)
        self.tasks.add(created)
        self._ready.append(created)
        if self.observer is not None:
            self._observe("created", created)
        return created

    def run(self) -> None:
        """Run until no task is left, or until halt()."""
        self.poller.register(self._waker.fileno(), READ)
        try:
            while self.tasks and not self._halted.is_set():
                self._wait()
                self._tick()
        finally:
            self._end()

    # From any thread.

    def call_soon(self, call: Callable[[], None]) -> None:
        """Call it in the loop's thread, after the next return from the wait."""
        self._calls.append(call)
        if not self._woken:  # else it is on its way to the calls already
            self._woken = True
            self._waker.wake()

    def halt(self) -> None:
        """Let run() return after this tick, whatever is still to do; its tasks are closed."""
        self._halted.set()
        self._waker.wake()

    def pause(self, limit_s: float = PAUSE_LIMIT_S) -> None:
        """Hold the loop between two ticks; real clients wait. It ends by itself."""
        self.call_soon(lambda: setattr(self, "paused_until", time.monotonic() + limit_s))

    def resume(self) -> None:
        self.call_soon(self._resume)

    def step(self) -> None:
        """Let a held loop run for one tick."""
        self.call_soon(self._allow_step)

    def slow(self, delay_s: float) -> None:
        """Wait that long between two ticks."""
        self.call_soon(lambda: setattr(self, "delay_s", delay_s))

    # For tasks.

    def call_when_idle(self, call: Callable[[], None]) -> None:
        """Call it when no task is ready any more, or after IDLE_TICKS: so that work which is
        cheaper for many at once is done for all that are on their way."""
        if not self._idle_calls:
            self._idle_at_latest = self.ticks + IDLE_TICKS
        self._idle_calls.append(call)

    def close(self, sock: socket.socket) -> None:
        """Close a socket and the tasks that wait for it, other than the one that runs."""
        self._forget(sock.fileno(), sock)
        sock.close()

    def cancel(self, task: Task) -> None:
        """End a task where it stands; its `finally` clauses run."""
        if task in self.tasks and task is not self.current:
            self._unpark(task)
            try:
                task.generator.close()
            except Exception as error:
                self._report(f"task {task.id} broke while it was ended", error)
            self._finish(task, None)

    def wake(self, task: Task) -> None:
        """End a task's sleep now; nothing when it does not sleep."""
        if task.lane == "sleeping":
            self._time_is_up(task)

    def lanes(self) -> dict[str, int]:
        """How many tasks are in each lane, exactly; costs the same at any number."""
        return {
            "ready": len(self._ready),
            "reading": len(self._readers),
            "writing": len(self._writers),
            "sleeping": self._sleepers,
        }

    @property
    def watched(self) -> int:
        """Sockets that are registered with the system call."""
        return len(self._registered)

    # One turn.

    def _wait(self) -> None:
        began = time.monotonic()
        soon = self._ready or self._calls or self._idle_calls
        timeout = 0.0 if soon else self._until_timer(began)
        events = self.poller.poll(timeout)
        self.now = now = time.monotonic()
        self.wait_s = now - began
        self.waited_s += self.wait_s
        self._take(events)
        if self._timers and self._timers[0][0] <= now:
            self._take_timers(now)
        if now >= self._next_sweep:
            self._sweep(now)
        self.returned = len(events)
        self.ready_max = max(self.ready_max, len(self._ready))
        if self.observer is not None:
            self._observe("after_wait", self.wait_s, len(events))
        self._woken = False
        while self._calls:
            self._call(self._calls.popleft())
        if self._idle_calls and (not self._ready or self.ticks >= self._idle_at_latest):
            calls, self._idle_calls = self._idle_calls, []
            for call in calls:
                self._call(call)
        if self.paused_until is not None or self.delay_s:
            self._hold()

    def _tick(self) -> None:
        began = self.now
        ready = self._ready
        steps = len(ready)
        run = self._step
        for _ in range(steps):
            if not ready:
                break  # a task of this tick has ended others
            run(ready.popleft())
        self.current = None
        spent = time.monotonic() - began
        self.ticks += 1
        self.steps += steps
        self.tick_s, self.tick_steps = spent, steps
        self.tick_times.append(spent)
        self.busy_s += spent
        self.lag_s = max(self.lag_s, spent)
        if self.observer is not None:
            self._observe("before_wait", spent, steps)

    def _step(self, task: Task) -> None:
        task.lane = "running"
        task.steps += 1
        self.current = task
        if self.observer is not None:
            self._observe("resumed", task)
        try:
            if task.error is None:
                wanted = task.generator.send(None)
            else:
                error, task.error = task.error, None
                wanted = task.generator.throw(error)
        except StopIteration:
            self._finish(task, None)
        except Exception as error:
            self._report(f"task {task.id} ended with an error", error)
            self._finish(task, error)
        else:
            # The same request object as before, as nearly every one is, takes the short way.
            if wanted is not task.wanted or not self._wait_again(task, wanted):
                self._park(task, wanted)
            if self.observer is not None:
                self._observe("suspended", task)

    # Waiting.

    def _park(self, task: Task, wanted: Any) -> None:
        """Put a task into the lane that it asked for; what is no request is thrown back at it."""
        try:
            kind, subject = wanted[0], wanted[1]
            limit = wanted[2] if len(wanted) > 2 else None
            if kind is TO_READ:
                self._watch(task, subject, READ, self._readers, "reading")
            elif kind is TO_WRITE:
                self._watch(task, subject, WRITE, self._writers, "writing")
            elif kind is SLEEP:
                limit = float(subject)
                task.lane = "sleeping"
                self._sleepers += 1
            else:
                raise TypeError(f"a task yields (TaskType, socket), not {wanted!r}")
        except NO_REQUEST as error:
            task.lane = "ready"
            task.error = error if isinstance(error, AlreadyWaited | OSError) else TypeError(error)
            self._ready.append(task)
            return
        task.since = self.now
        if kind is not SLEEP:  # after which its socket is still the same
            task.wanted = wanted if kind is TO_READ else NOTHING
        if limit is not None:
            task.deadline = deadline = self.now + limit
            if deadline < task.due:
                self._set_timer(task, deadline)

    def _wait_again(self, task: Task, wanted: tuple[Any, ...]) -> bool:
        """It was understood the last time, and the registration with the system call lasts."""
        fd, sock, readers = task.fd, task.sock, self._readers
        sock_there, mask = self._registered.get(fd, UNKNOWN)
        if sock_there is not sock or not mask & READ or fd in readers or sock.fileno() != fd:
            return False
        readers[fd] = task
        task.lane = "reading"
        task.since = now = self.now
        if len(wanted) > 2:
            task.deadline = deadline = now + wanted[2]
            if deadline < task.due:
                self._set_timer(task, deadline)
        return True

    def _watch(
        self, task: Task, sock: socket.socket, side: int, waiting: dict[int, Task], lane: str
    ) -> None:
        fd = sock.fileno()
        if fd < 0:
            raise OSError(9, "the socket is closed")
        registered = self._registered.get(fd)
        if registered is None or registered[0] is not sock:
            self._register(fd, sock, side)
        else:
            other = waiting.get(fd)
            if other is not None:
                raise AlreadyWaited(f"task {other.id} already waits for this side of socket {fd}")
            if not registered[1] & side:
                both = self._wanted(fd) | side
                self.poller.modify(fd, both)
                self._registered[fd] = (sock, both)
        waiting[fd] = task
        task.lane, task.sock, task.fd = lane, sock, fd

    def _register(self, fd: int, sock: socket.socket, mask: int) -> None:
        if fd in self._registered:  # an earlier socket had this number and was closed
            self._forget(fd, self._registered[fd][0])
        try:
            self.poller.register(fd, mask)
        except FileExistsError:
            self.poller.modify(fd, mask)
        except OSError as error:  # epoll refuses plain files; select refuses 1,024 and up
            raise OSError(error.errno, f"cannot wait for descriptor {fd}: {error}") from error
        self._registered[fd] = (sock, mask)

    def _wanted(self, fd: int) -> int:
        reading = READ if fd in self._readers else 0
        return reading | (WRITE if fd in self._writers else 0)

    def _take(self, events: Iterable[tuple[int, int]]) -> None:
        """Make the tasks ready whose sockets are; an error or a hang-up wakes both sides."""
        readers, writers, ready = self._readers, self._writers, self._ready
        for fd, mask in events:
            if mask == READ and (task := readers.pop(fd, None)) is not None:
                task.lane = "ready"
                task.deadline = None
                ready.append(task)
                continue
            found = False
            if mask & ~WRITE and (task := readers.pop(fd, None)) is not None:
                task.lane = "ready"
                task.deadline = None
                ready.append(task)
                found = True
            if mask & ~READ and (task := writers.pop(fd, None)) is not None:
                task.lane = "ready"
                task.deadline = None
                ready.append(task)
                found = True
            if not found:
                self._quieten(fd)

    def _quieten(self, fd: int) -> None:
        """Something is ready that nobody waits for: ask for less, or it would come every tick."""
        registered = self._registered.get(fd)
        if registered is None:
            self._waker.drain()
            return
        wanted = self._wanted(fd)
        if wanted:
            self.poller.modify(fd, wanted)
            self._registered[fd] = (registered[0], wanted)
        else:
            self._unregister(fd)

    def _unregister(self, fd: int) -> None:
        sock, _ = self._registered.pop(fd)
        if self.poller.forgets_closed and sock.fileno() < 0:
            return
        try:
            self.poller.unregister(fd)
        except (OSError, KeyError, ValueError):
            pass  # it was closed, and is forgotten already

    def _forget(self, fd: int, sock: socket.socket) -> None:
        if fd in self._registered and self._registered[fd][0] is sock:
            self._unregister(fd)
            for waiting in (self._readers, self._writers):
                if fd in waiting:
                    self.cancel(waiting[fd])

    def _sweep(self, now: float) -> None:
        """Find sockets that were closed behind our back, and the tasks that wait for them."""
        self._next_sweep = now + SWEEP_S
        gone = [(fd, sock) for fd, (sock, _) in self._registered.items() if sock.fileno() != fd]
        for fd, sock in gone:
            self._forget(fd, sock)

    # Time.

    def _until_timer(self, now: float) -> float | None:
        sweep = self._next_sweep - now if self._registered else None
        if not self._timers:
            return None if sweep is None else max(0.0, sweep)
        first = max(0.0, self._timers[0][0] - now)
        return first if sweep is None else min(first, max(0.0, sweep))

    def _set_timer(self, task: Task, due: float) -> None:
        if task.due != NEVER:
            self._drop_timer()
        task.due = due
        heapq.heappush(self._timers, (due, task))

    def _drop_timer(self) -> None:
        """One entry means nothing any more. When most do, they are thrown out together, so that
        short connections do not keep their tasks in memory until deadlines that nobody awaits."""
        self._stale += 1
        if self._stale > STALE_AT_LEAST and self._stale * 2 > len(self._timers):
            self._timers = [entry for entry in self._timers if entry[0] == entry[1].due]
            heapq.heapify(self._timers)
            self._stale = 0

    def _take_timers(self, now: float) -> None:
        """Wake whom time has run out for; an entry whose task waits longer now goes back."""
        timers = self._timers
        while timers and timers[0][0] <= now:
            due, task = heapq.heappop(timers)
            if due != task.due:
                self._stale -= 1
                continue  # an earlier entry has taken its place
            task.due = NEVER
            if task.deadline is not None:
                if task.deadline > now:
                    self._set_timer(task, task.deadline)
                else:
                    self._time_is_up(task)

    def _time_is_up(self, task: Task) -> None:
        if task.lane == "sleeping":
            task.deadline = None
            self._sleepers -= 1
        else:
            task.error = TimeoutError("the socket was not ready in time")
            self._unpark(task)
        task.lane = "ready"
        self._ready.append(task)

    def _hold(self) -> None:
        """Paused or in slow motion: look only at the waker, and do what other threads ask."""
        until = time.monotonic() + self.delay_s
        while not self._halted.is_set():
            now = time.monotonic()
            if self.paused_until is None:
                left = until - now
            elif self._steps_allowed:
                self._steps_allowed -= 1
                break
            else:
                left = self.paused_until - now
                if left <= 0:
                    self.paused_until = None
            if left <= 0:
                break
            _wait_for(self._waker, left)
            self._woken = False
            while self._calls:
                self._call(self._calls.popleft())
        self.now = time.monotonic()

    def _resume(self) -> None:
        self.paused_until = None
        self._steps_allowed = 0

    def _allow_step(self) -> None:
        if self.paused_until is not None:
            self._steps_allowed += 1

    # Ends.

    def _unpark(self, task: Task) -> None:
        task.deadline = None
        if task.lane == "reading":
            self._readers.pop(task.fd, None)
        elif task.lane == "writing":
            self._writers.pop(task.fd, None)
        elif task.lane == "sleeping":
            self._sleepers -= 1
        elif task.lane == "ready":
            try:
                self._ready.remove(task)
            except ValueError:
                pass

    def _finish(self, task: Task, error: BaseException | None) -> None:
        task.lane = "done"
        task.since = self.now
        task.deadline = None
        if task.due != NEVER:
            task.due = NEVER
            self._drop_timer()
        self.tasks.discard(task)
        sock = task.sock
        if sock is not None and sock.fileno() != task.fd and task.fd in self._registered:
            self._forget(task.fd, sock)
        if self.observer is not None:
            self._observe("finished", task, error)

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            self._report("a call into the loop broke", error)

    def _observe(self, what: str, *values: Any) -> None:
        try:
            getattr(self.observer, what)(*values)
        except Exception as error:
            self.observer = None
            self._report("the observer of the loop broke and was taken off", error)

    def _end(self) -> None:
        for task in list(self.tasks):
            self.cancel(task)
        self._calls += self._idle_calls
        while self._calls:
            self._call(self._calls.popleft())
        self.poller.close()
        self._waker.close()


def _wait_for(waker: Waker, timeout_s: float) -> None:
    waker.reader.settimeout(timeout_s)
    try:
        waker.reader.recv(4096)
    except OSError:
        pass
    finally:
        waker.reader.setblocking(False)


def _print_error(text: str, error: BaseException) -> None:
    print(f"{text}: {error!r}")
