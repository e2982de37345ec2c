"""What a check is asked to do."""

from typing import Any, NamedTuple, get_args

from dashboard.errors import BadInput
from dashboard.numbers import shown, whole
from labservers.checks.values import Task

TASKS = get_args(Task)
STREAMS = 10**9


class Ask(NamedTuple):
    """task: what the program is for, None where it is to be guessed. running: check the one that
    runs. stop: stop it before. stream: the connection whose conversation is held."""

    task: str | None = None
    running: bool = False
    stop: bool = False
    stream: int | None = None

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Ask":
        """
        Raises:
            BadInput: a value; the sentence names it.
        """
        task, stream = values.get("task"), values.get("stream")
        if task is not None and task not in TASKS:
            raise BadInput(f"task: {shown(task)} is unknown", f"use {', '.join(TASKS)}")
        for name in ("running", "stop"):
            if not isinstance(values.get(name, False), bool):
                raise BadInput(f"{name}: {shown(values[name])} is not true or false", "send true")
        try:
            stream = None if stream is None else whole(stream, 0, STREAMS)
        except ValueError as error:
            raise BadInput(f"stream: {error}", "see the connections on the wire") from error
        return cls(task, values.get("running", False), values.get("stop", False), stream)
