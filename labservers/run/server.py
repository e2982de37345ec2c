"""The abilities of every lab server, run by the shell or by the dashboard."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from labservers.net.listening import BACKLOG
from labservers.observe import messages
from labservers.observe.monitor import ROWS_SHOWN, Monitor
from labservers.observe.stepper import Stepper
from labservers.registry import ServerSpec

if TYPE_CHECKING:
    from labservers.observe.observed import TaskRow

STOP_GRACE_S = 2.0


class UnusableFiles(OSError):
    """A server's own files cannot be used; the text is a sentence with the next step."""


class Options(NamedTuple):
    """How a server was asked to run. `data_dir` is where it may keep files."""

    host: str
    port: int
    model: str
    data_dir: str
    backlog: int = BACKLOG
    selector: str = "auto"


class LabServer(ABC):
    """bind(), then serve() until stop(). The other methods may be called from any thread.

    held_at_calls: the stepper holds it at the calls on its sockets, as the tap sees them.
    notices: codes and sentences for its users, added by bind().
    """

    held_at_calls = True

    def __init__(self, spec: ServerSpec, options: Options, monitor: Monitor) -> None:
        self.stepper = Stepper()
        self.spec = spec
        self.options = options
        self.monitor = monitor
        self.log = monitor.log
        self.notices: list[tuple[str, str]] = []

    @abstractmethod
    def bind(self) -> tuple[str, int]:
        """Take the port and return the bound host and port; port 0 lets the kernel choose.

        Raises:
            OSError: it cannot be had. UnusableFiles: nor what the server keeps on disk.
        """

    @abstractmethod
    def serve(self) -> None:
        """Answer clients until stop(): then accept nobody, finish what is under way for up
        to STOP_GRACE_S seconds, close every socket and return."""

    @abstractmethod
    def stop(self) -> None:
        """Ask serve() to end. Returns at once; may be called again."""

    def frame(self, seq: int) -> messages.Frame:
        return self.monitor.frame(seq)

    def rows(self, limit: int = ROWS_SHOWN) -> messages.Rows:
        return self.monitor.rows(limit)

    def task_rows(self, now: float) -> list["TaskRow"]:
        """The suspended tasks by line, if it has any; `now` by time.monotonic()."""
        return []

    def shown_locks(self) -> Iterable[tuple[str, Any, str]]:
        """Locks that the view of threads shows: kind, owner, name of the attribute."""
        return ()

    def looked_at(self, look: messages.Look) -> None:
        """Somebody looks at this server in another way than before; called by the thread that
        asks for frames and rows."""
        return

    def command(self, command: messages.Command) -> None:
        """Carry out a command that is not about its reports or its end.

        Raises:
            ValueError: as Stepper.obey().
        """
        self.stepper.obey(command)
