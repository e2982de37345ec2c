"""Task 2: two legs in JSON come in, the hypotenuse goes out, over TCP."""

from labservers.observe.monitor import Monitor
from labservers.protocols import hypotenuse
from labservers.registry import ServerSpec
from labservers.run.server import Options
from labservers.servers.one_request import OneRequestServer


class HypotenuseServer(OneRequestServer):
    """Answers each request as protocols/hypotenuse.py says."""

    deadline_s = hypotenuse.DEADLINE_S

    def converse(self) -> hypotenuse.Conversation:
        return hypotenuse.Conversation()


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> HypotenuseServer:
    return HypotenuseServer(spec, options, monitor)
