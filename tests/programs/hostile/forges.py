import json
import os
import signal
import socket
def line_to_the_dashboard():
    for number in range(3, 1024):
        try:
            found = socket.socket(fileno=os.dup(number))
        except OSError:
            continue
        if found.family == socket.AF_UNIX:
            return found
line = line_to_the_dashboard()
line.setblocking(True)
point = {"call": "recv", "at": 1e300, "bytes": -5, "id": "x", "thread": [], "data": "not base64"}
kinds = ["ready", "frame", "points", "crash", "notice", "rows", "standing", "summary", "program",
         "socket_events", "threads", "figures", "held", "input", "lines", "locks"]
for kind in kinds:
    for fields in ({}, {"at": "never"}, {"at": 1e300}, {"at": 1.0, "pid": 1, "listening": [["0.0.0.0", 1]]},
                   {"at": 5.0, "points": [point], "lost": -(10**30)},
                   {"at": 5.0, "code": "tap_out", "text": "<img src=x onerror=alert(1)>" * 1000}):
        line.sendall(json.dumps({"type": kind, **fields}).encode() + b"\n")
for words in (b"", b"{", b"[]", b"null", b"5", b"\xff\xfe", b"[" * 100_000, b'{"type":[]}', b'{"type":"points","at":NaN}',
              b'{"type":"points","at":' + b"9" * 5_000 + b"}", b'{"type":"\\ud800"}'):
    line.sendall(words + b"\n")
for _ in range(24):
    line.sendall(b"x" * 1024 * 1024)  # one line
line.sendall(b"\n")
print("done", flush=True)
signal.pause()
