import json
import os
import signal
import socket
import time
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
huge = "x" * 700_000
place = "server.py:1"
no_breakpoints = {"lines": [], "calls": [], "clients": [], "exceptions": False}
held = {"thread": "t", "line": place, "function": "f", "call": "recv", "socket": 1, "peer": None, "waiting": 1,
        "when": "before", "locals": {"a": "y" * 4_000}}
point = {"n": 1, "at": 5.0, "thread": huge, "line": huge, "function": huge, "id": 7, "fd": 3, "call": "recv",
         "waited_us": 1, "bytes": 3, "data": "YWJj", "result": huge, "error": None}
kinds = [
    {"type": "events", "lost": 0, "events": [{"number": 1, "at": 5.0, "kind": "joined", "data": {
        "room": huge, "people": 1, "peer": "p", "id": 1, "seq": 1, "code": "c", "name": "n"}}] * 5},
    {"type": "ready", "pid": 1, "model": huge * 4, "listening": []},
    {"type": "program", "pid": 1, "python": huge * 2, "file": huge * 2, "arguments": [huge]},
    {"type": "summary", "exit_code": 0, "signal": huge * 4, "connections": 1, "bytes_in": 1, "bytes_out": 1, "points": 1,
     "lost": 0, "sockets_left_open": 0, "threads_left": 0},
    {"type": "asks", "thread": "t", "line": place, "prompt": huge * 4},
    {"type": "held", "paused": True, "resumes_in_s": 60.0, "delay_s": 0.0, "points": [held] * 800, "breakpoints": no_breakpoints},
    {"type": "points", "points": [point], "lost": 0},
    {"type": "crash", "thread": "t", "main": False, "exception": "E", "message": huge, "line": None, "source": None,
     "stack": [], "locals": {}},
    {"type": "failed", "errno": 98, "code": huge, "message": huge},
    {"type": "rows", "kind": "connections", "total": 1, "rows": [{"id": 1, "peer": huge, "state": "s", "age_s": 1.0,
     "state_s": 1.0, "bytes_in": 1, "bytes_out": 1}] * 4},
    {"type": "frame", "seq": 1, "uptime_s": 1.0, "accepted": 1, "connections": 1, "bytes_in": 1, "bytes_out": 1,
     "requests": 1, "errors": 0, "threads": 1, "counts": {huge: 1}},
]
for kind in kinds:
    for _ in range(20):
        line.sendall(json.dumps({"at": time.time(), **kind}).encode() + b"\n")
step = {"at": 5.0, "fd": 3, "family": "AF_INET", "kind": "stream", "event": "listening", "local": "127.0.0.1:9",
        "peer": None, "listener": None}
for batch in range(4):
    events = [{**step, "id": 1_000_000 + batch * 20_000 + number} for number in range(20_000)]
    line.sendall(json.dumps({"type": "socket_events", "at": time.time(), "events": events}).encode() + b"\n")
print("done", flush=True)
signal.pause()
