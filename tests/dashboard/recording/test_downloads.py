"""A recording as text, bytes and packets: the same bytes in each, however they were moved."""

import base64
import re
import shutil
import subprocess
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.recording import packets
from dashboard.recording.downloads import as_capture, as_raw, as_text, printable
from dashboard.recording.packets import Place
from dashboard.recording.wire import Wire
from labservers.observe.observed import Point, SocketEvent
from tests.dashboard.recording import pcapng_reader
from tests.dashboard.recording.pcapng_reader import TCP, UDP, Capture, reassembled

LOCAL, PEER = ("127.0.0.1", 8000), ("127.0.0.1", 53122)


def text(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Story:
    """A wire that is filled call by call; a second passes with each."""

    def __init__(self, **bounds: int) -> None:
        self.wire = Wire(**bounds)
        self.now = 1_700_000_000.0
        self._n = 0

    def socket(self, id: int, event: str, **more: Any) -> None:
        self.now += 1
        given: dict[str, Any] = {
            "family": "AF_INET", "kind": "stream", "local": text(LOCAL), "peer": text(PEER),
            "listener": 1, **more,
        }  # fmt: skip
        self.wire.happened(SocketEvent(at=self.now, id=id, fd=id + 3, event=event, **given))

    def call(self, id: int, call: str, data: bytes = b"", **more: Any) -> None:
        self.now += 1
        self._n += 1
        given = {"bytes": len(data), "data": base64.b64encode(data).decode() or None, **more}
        self.wire.add(
            Point(
                self._n, self.now, "Thread-2", "server.py:24", "serve", id, id + 3, call, 3_000_000,
                **given,
            )
        )  # fmt: skip

    def capture(self) -> Capture:
        return pcapng_reader.read(b"".join(as_capture("server.py", self.wire.copy())))


def visit(*calls: tuple[str, bytes]) -> Story:
    story = Story()
    story.socket(2, "accepted")
    for call, data in calls:
        story.call(2, call, data)
    story.socket(2, "closed")
    return story


def test_a_connection_opens_and_ends_as_tcp_does() -> None:
    capture = visit(("recv", b"hello"), ("sendall", b"HELLO!"), ("recv", b"")).capture()
    shown = [(p.source, p.flags, p.numbers, p.payload) for p in capture.packets]
    assert shown == [
        (PEER, "S", (0, 0), b""),
        (LOCAL, "SA", (0, 1), b""),
        (PEER, "A", (1, 1), b""),
        (PEER, "PA", (1, 1), b"hello"),
        (LOCAL, "PA", (1, 6), b"HELLO!"),
        (PEER, "FA", (6, 7), b""),
        (LOCAL, "FA", (7, 7), b""),
    ]
    assert capture.packets[3].comment == "server.py:24 serve: recv() in Thread-2, waited 3 s"
    assert [p.direction for p in capture.packets[3:5]] == [1, 2]
    assert capture.packets[3].at == pytest.approx(1_700_000_002.0)


def test_a_client_opens_itself_and_a_reset_ends_both_ways() -> None:
    story = Story()
    story.socket(2, "connected", listener=None)
    story.call(2, "send", b"x")
    story.call(2, "recv", error="ConnectionResetError")
    story.socket(2, "closed", listener=None)
    flags = [(p.source, p.flags) for p in story.capture().packets]
    assert flags == [(LOCAL, "S"), (PEER, "SA"), (LOCAL, "A"), (LOCAL, "PA"), (PEER, "RA")]


def test_a_shutdown_is_a_fin_unless_it_is_of_reading() -> None:
    story = Story()
    story.socket(2, "accepted")
    story.call(2, "shutdown", result="SHUT_RD")
    story.call(2, "shutdown", result="SHUT_WR")
    story.call(2, "recv", b"late")
    story.socket(2, "closed")
    assert [p.flags for p in story.capture().packets[3:]] == ["FA", "PA"]


moves = st.lists(st.tuples(st.sampled_from(["recv", "sendall"]), st.binary(min_size=1)))


@given(moves, st.sampled_from(["127.0.0.1", "::1"]))
def test_packets_carry_the_same_bytes_with_the_same_boundaries(calls: Any, host: str) -> None:
    local, peer = (host, 8000), (host, 53122)
    story = Story()
    story.socket(2, "accepted", local=text(local), peer=text(peer))
    for call, data in calls:
        story.call(2, call, data)
    packets = story.capture().packets
    assert all(p.protocol == TCP for p in packets)
    for source, name, way in ((peer, "recv", "in"), (local, "sendall", "out")):
        own = [data for call, data in calls if call == name]
        assert [p.payload for p in packets if p.source == source and p.payload] == own
        pieces = reassembled(packets, source)
        assert b"".join(pieces[begin] for begin in sorted(pieces)) == b"".join(own)
        assert as_raw(story.wire.points_of(2), way) == b"".join(own)
        assert all(end in pieces or end == sum(map(len, own)) for end in _ends(pieces))


def _ends(pieces: dict[int, bytes]) -> list[int]:
    return [begin + len(data) for begin, data in pieces.items()]


@pytest.mark.parametrize("size", [65_495, 65_496, 200_000])
def test_a_call_too_long_for_a_packet_is_split(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    packets = [p for p in visit(("sendall", data)).capture().packets if p.payload]
    assert len(packets) == -(-size // 65_495)
    assert b"".join(p.payload for p in packets) == data
    assert packets[0].comment.startswith("server.py:24")


def test_what_was_cut_is_said_and_the_numbers_stay_right() -> None:
    story = Story()
    story.socket(2, "accepted")
    story.call(2, "sendall", b"x" * 4_096, bytes=100_000, cut=4_096)
    story.call(2, "sendall", b"after")
    first, second, third = story.capture().packets[3:]
    assert (first.size, len(first.payload)) == (65_495, 4_096)
    assert (second.size, second.payload) == (34_505, b"")
    assert "4,096 of 100,000 bytes kept" in first.comment
    assert third.numbers[0] == 1 + 100_000


def test_bytes_that_had_to_go_leave_a_gap_and_a_word() -> None:
    story = Story(points=2)
    story.socket(2, "accepted")
    for data in (b"first", b"second", b"third"):
        story.call(2, "recv", data)
    packets = story.capture().packets
    assert reassembled(packets, PEER) == {5: b"second", 11: b"third"}
    assert "5 bytes before this are not kept" in packets[3].comment
    assert "not kept" not in packets[4].comment


def test_calls_that_were_never_told_are_said() -> None:
    file = b"".join(as_capture("server.py", visit(("recv", b"x")).wire.copy(), untold=1_200))
    assert "Missing: 1,200 calls" in pcapng_reader.read(file).comment


def test_datagrams_go_between_the_addresses_that_were_seen() -> None:
    story = Story()
    where = {"kind": "datagram", "local": "0.0.0.0:9000", "peer": None, "listener": None}
    story.socket(1, "bound", **where)
    story.call(1, "recvfrom", b"ping", result="from 127.0.0.1:4001")
    story.call(1, "sendto", b"PING", result="to 127.0.0.1:4001")
    story.call(1, "recvfrom", b"", result="from 127.0.0.1:4002")
    story.call(1, "recvfrom", error="TimeoutError")
    story.call(1, "recvfrom", b"two", result="from 127.0.0.2:4003")
    story.socket(2, "bound", **{**where, "local": "127.0.0.3:9001"})
    story.call(2, "recvfrom", b"three", result="from 127.0.0.1:4004")
    shown = [(p.protocol, p.source, p.target, p.payload) for p in story.capture().packets]
    assert shown == [
        (UDP, ("127.0.0.1", 4001), ("127.0.0.1", 9000), b"ping"),
        (UDP, ("127.0.0.1", 9000), ("127.0.0.1", 4001), b"PING"),
        (UDP, ("127.0.0.1", 4002), ("127.0.0.1", 9000), b""),
        (UDP, ("127.0.0.2", 4003), ("127.0.0.1", 9000), b"two"),
        (UDP, ("127.0.0.1", 4004), ("127.0.0.3", 9001), b"three"),
    ]


def test_a_checksum_of_zero_is_written_as_ones() -> None:
    """Zero would say that there is none (RFC 768)."""
    ends = Place(ip_address("127.0.0.1"), 1), Place(ip_address("127.0.0.1"), 2)
    checksum = packets.udp(*ends, bytes(2), 2).data[26:28]
    assert packets.udp(*ends, checksum, 2).data[26:28] == b"\xff\xff"


def test_a_socket_without_addresses_of_the_internet_is_left_out_and_said() -> None:
    story = Story()
    story.socket(2, "connected", family="AF_UNIX", local=None, peer=None, listener=None)
    story.call(2, "send", b"x")
    capture = story.capture()
    assert capture.packets == []
    assert "Left out: 1 sockets" in capture.comment
    assert as_raw(story.wire.points_of(2), "out") == b"x"


def test_packets_of_all_sockets_stand_in_the_order_of_time() -> None:
    story = Story()
    story.socket(2, "accepted")
    story.socket(3, "accepted", peer="127.0.0.1:53123")
    for number in range(10):
        story.call(2 + number % 2, "recv", b"x")
    times = [p.at for p in story.capture().packets]
    assert times == sorted(times)


def test_the_text_has_line_thread_and_bytes() -> None:
    story = visit(
        ("recv", b"GET / HTTP/1.1\r\nHost: a\\b\xff\x1b[31m\r\n\r\n"), ("sendall", "да\n".encode())
    )
    story.call(2, "sleep")
    lines = "".join(as_text(story.wire.since(0, 9), dict(story.wire.streams))).splitlines()
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{6}  server\.py:24 serve: recv\(\) in Thread-2, waited 3 s  \d+ B  "
        r"socket 2, 127\.0\.0\.1:8000 with 127\.0\.0\.1:53122",
        lines[0],
    )
    assert lines[1:4] == [
        r"    < GET / HTTP/1.1\r\n",
        r"    < Host: a\\b\xff\x1b[31m\r\n",
        r"    < \r\n",
    ]
    assert lines[5] == r"    > да\n"


@given(st.binary())
def test_the_text_of_bytes_prints_and_can_be_read_back(data: bytes) -> None:
    shown = printable(data)
    assert shown.isprintable()
    if shown.isascii():
        assert shown.encode().decode("unicode_escape").encode("latin-1") == data


@pytest.fixture
def tshark() -> str:
    """CI does not install it: the reader above checks the same files there."""
    path = shutil.which("tshark")
    if path is None:
        pytest.skip("no tshark here: install it to check the capture files with it")
    return path


def test_tshark_opens_it_without_complaint_and_follows_the_same_bytes(
    tshark: str, tmp_path: Path
) -> None:
    received, sent = bytes(range(256)) * 700, b"answer\r\n" * 3
    story = visit(
        ("recv", received[:100]), ("sendall", sent), ("recv", received[100:]), ("recv", b"")
    )
    story.socket(3, "accepted", local="[::1]:8000", peer="[::1]:4000")
    story.call(3, "recv", b"six")
    story.socket(4, "bound", kind="datagram", local="127.0.0.1:9000", peer=None, listener=None)
    story.call(4, "recvfrom", b"ping", result="from 127.0.0.1:4001")
    path = tmp_path / "wire.pcapng"
    path.write_bytes(b"".join(as_capture("server.py", story.wire.copy())))

    def run(*arguments: str) -> str:
        checks = [f"{p}.check_checksum:TRUE" for p in ("tcp", "udp", "ip")]
        command = [tshark, "-n", "-r", str(path), *(w for c in checks for w in ("-o", c))]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    complaints = "_ws.malformed || _ws.expert.severity >= 0x00600000 || tcp.analysis.flags"
    assert run("-Y", complaints) == ""
    assert run("-Y", "tcp.checksum.status == 0 || udp.checksum.status == 0") == ""
    assert "server.py:24 serve: recv()" in run("-T", "fields", "-e", "frame.comment")
    followed = run("-q", "-z", "follow,tcp,raw,0").splitlines()
    lines = [line for line in followed if re.fullmatch(r"\t?[0-9a-f]+", line)]
    assert bytes.fromhex("".join(x for x in lines if not x.startswith("\t"))) == received
    assert bytes.fromhex("".join(x.strip() for x in lines if x.startswith("\t"))) == sent


@pytest.mark.parametrize("port", ["", "-1", "65536", " 80", "8_0", "+80", "８０", "9" * 5_000])
def test_a_port_is_a_number_of_plain_digits(port: str) -> None:
    assert packets.place(f"127.0.0.1:{port}") is None
    assert packets.place("127.0.0.1:80") is not None
