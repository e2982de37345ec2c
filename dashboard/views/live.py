"""The live channel: one websocket a tab, snapshot and numbered deltas; and the chat's websocket."""

import threading
from typing import Any

from flask import Flask, current_app

from dashboard.lab import Lab
from dashboard.live import chat_bridge, sockets
from dashboard.live.broadcaster import Subscription
from dashboard.live.sockets import Closed, Refused, Socket
from labservers.registry import SERVERS

POLL_S = 1.0
TOPICS = frozenset(
    {"loop", *(f"rows:{name}" for name in SERVERS), *(f"logs:{name}" for name in SERVERS)}
)


def init_app(app: Flask) -> None:
    sock = sockets.init_app(app)
    lab: Lab = app.extensions["lab"]
    limit = lab.config.live_sockets + lab.config.chat_sockets

    @sock.route("/ws/live")  # type: ignore[untyped-decorator]
    def live(ws: Any) -> None:
        sockets.serve(ws, follow, limit)

    @sock.route("/ws/chat")  # type: ignore[untyped-decorator]
    def chat(ws: Any) -> None:
        sockets.serve(ws, talk, limit)


def talk(sock: Socket, first: dict[str, Any]) -> None:
    chat_bridge.bridge(current_app.extensions["lab"], sock, first)


def follow(sock: Socket, first: dict[str, Any]) -> None:
    """Send what happens until the tab is gone; hear acknowledgements and subscriptions."""
    lab: Lab = current_app.extensions["lab"]
    subscription = lab.broadcaster.subscribe(_topics(first))
    writer = threading.Thread(
        target=_forward, args=(lab, sock, subscription), name="live", daemon=True
    )
    writer.start()
    try:
        while sock.open:
            message = sock.receive(POLL_S)
            if message is not None:
                _obey(sock, subscription, message)
    except Closed:
        pass
    finally:
        subscription.close()
        writer.join(POLL_S)


def _forward(lab: Lab, sock: Socket, subscription: Subscription) -> None:
    while sock.open:
        message = subscription.next(POLL_S)
        if message is None:
            if subscription.closed:
                return
            continue
        if message["type"] == "snapshot":  # views as of now: uptimes and countdowns move on
            message = {**message, "servers": lab.supervisor.views()}
        sock.send(message)


def _obey(sock: Socket, subscription: Subscription, message: dict[str, Any]) -> None:
    if "subscribe" in message:
        subscription.topics(_topics(message))
    if isinstance(message.get("ack"), int):
        subscription.ack(message["ack"])


def _topics(message: dict[str, Any]) -> set[str]:
    wanted = message.get("subscribe", [])
    if not isinstance(wanted, list) or not all(isinstance(topic, str) for topic in wanted):
        raise Refused(sockets.BAD_FRAME, "subscribe takes a list of topics")
    return set(wanted) & TOPICS
