"""Task 2: two legs in JSON come in, the hypotenuse goes out, over TCP."""

from labservers.observe.monitor import Monitor
from labservers.protocols.hypotenuse import DEADLINE_S, EXPECTED, Refused, Request, hypotenuse
from labservers.registry import ServerSpec
from labservers.run.server import Options
from labservers.servers.one_request import OneRequestServer
from labservers.servers.visit import Visit

BUFFER_SIZE = 1024


class HypotenuseServer(OneRequestServer):
    """The lab's loop; what its calls do besides is in one_request.py and visit.py."""

    deadline_s = DEADLINE_S

    def serve(self) -> None:
        with self.open():
            while (client := self.accept()) is not None:
                self.attend(client)  # has serve_client() called

    def serve_client(self, client: Visit) -> None:
        request = Request()
        good = False
        try:
            while not request.complete:
                request.receive(client.recv(BUFFER_SIZE))
            a, b = request.legs()
            answer = f"{hypotenuse(a, b)}{request.line_end}"
            good = True
        except Refused as error:
            answer = f"error: {error}\n"
        except TimeoutError:
            answer = f"error: not complete within {self.deadline_s:g} s; {EXPECTED}\n"
        client.sendall(answer.encode())
        self.note(client, answer.encode(), "answers" if good else "refused", good=good)
        client.close()


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> HypotenuseServer:
    return HypotenuseServer(spec, options, monitor)
