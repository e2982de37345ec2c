"""The subjects server for its tests, and clients in the test's words."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest


class Client:
    """http.client over one connection: client("GET", path) gives status, body and response."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.http = http.client.HTTPConnection(*address, timeout=30)

    def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, http.client.HTTPResponse]:
        self.http.request(method, path, body=body, headers=headers or {})
        response = self.http.getresponse()
        data = response.read()
        is_json = response.getheader("Content-Type") == "application/json"
        return response.status, json.loads(data) if is_json else data.decode(), response

    def post(self, student: object, **fields: object) -> tuple[int, Any, Any]:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return self("POST", f"/subjects/{student}", json.dumps(fields), headers)


@pytest.fixture
def server(serve: Callable[..., Any]) -> Any:
    return serve("subjects")


@pytest.fixture
def client_of() -> Iterator[Callable[[tuple[str, int]], Client]]:
    """client_of(address): a client, whose connection is closed after the test."""
    made: list[Client] = []

    def make(address: tuple[str, int]) -> Client:
        made.append(Client(address))
        return made[-1]

    yield make
    for client in made:
        client.http.close()


@pytest.fixture
def client(server: Any, client_of: Callable[..., Client]) -> Client:
    return client_of(server.address)


@pytest.fixture
def exchange() -> Callable[..., bytes]:
    """exchange(address, data): all that comes for these bytes, over one connection."""

    def all_of(address: tuple[str, int], data: bytes, half_close: bool = True) -> bytes:
        with socket.create_connection(address, 30) as sock:
            sock.sendall(data)
            if half_close:
                sock.shutdown(socket.SHUT_WR)
            received = b""
            while piece := sock.recv(65536):
                received += piece
            return received

    return all_of


@pytest.fixture
def statuses() -> Callable[[bytes], list[int]]:
    """statuses(answer): those of the responses in it."""
    return lambda answer: [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
