"""The live channel: one websocket a tab, snapshot and numbered deltas; and the chat's websocket."""

import functools
import logging
import threading
from typing import Any

from flask import Flask, current_app

from dashboard import security
from dashboard.lab import Lab
from dashboard.live import chat_bridge, sockets
from dashboard.live.broadcaster import Subscription
from dashboard.live.websocket import BAD_FRAME, BROKE, BROKEN, Closed, Json, Refused, Socket
from dashboard.rights import Right
from dashboard.views import consoles

POLL_S = 1.0
START = Right.START.word
LOG = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    sock = sockets.init_app(app)
    lab: Lab = app.extensions["lab"]
    pages, chats = lab.config.live_sockets, lab.config.chat_sockets

    handlers = {
        "/ws/live": (follow, pages),
        "/ws/chat": (talk, chats),
        "/ws/console": (consoles.console, pages),
    }
    for path, (handler, limit) in handlers.items():
        serve = functools.partial(sockets.serve, handler=handler, limit=limit)
        sock.route(path, endpoint=path)(serve)


def talk(sock: Socket, first: dict[str, Any]) -> None:
    chat_bridge.bridge(current_app.extensions["lab"], sock, first)


def follow(sock: Socket, first: dict[str, Any]) -> None:
    """Send events until the tab is gone; hear acknowledgements and subscriptions."""
    lab: Lab = current_app.extensions["lab"]
    lab.look_at_disk()  # so that the snapshot has what is new
    subscription = lab.broadcaster.subscribe(_topics(lab, first))
    visitor = security.visitor()
    writer = threading.Thread(
        target=_forward, args=(lab, sock, subscription, visitor), name="live", daemon=True
    )
    try:
        writer.start()
        with lab.tabs.open(first.get("tab")):
            while sock.open:
                message = sock.receive(POLL_S)
                lab.look_at_disk()
                if message is not None:
                    _obey(lab, sock, subscription, message)
    except Closed:
        pass
    finally:
        subscription.close()
        if writer.ident is not None:  # else the system had no thread for it
            writer.join(POLL_S)


def _forward(lab: Lab, sock: Socket, subscription: Subscription, visitor: Json) -> None:
    """The life of a tab's second thread; its end is the tab's."""
    try:
        _send_events(lab, sock, subscription, visitor)
    except Exception:
        LOG.exception("the events of a tab broke")
        sock.close(BROKEN, BROKE)


def _send_events(lab: Lab, sock: Socket, subscription: Subscription, visitor: Json) -> None:
    while sock.open:
        message = subscription.next(POLL_S)
        if message is None:
            if subscription.closed:
                return
            continue
        if message["type"] == "snapshot":
            message = for_visitor(lab, visitor, lab.with_hosts(message))
        elif visitor["may"] != START:
            events = [event for event in message["events"] if event["kind"] != "files"]
            message = {**message, "events": events}
        sock.send(message)


def for_visitor(lab: Lab, visitor: Json, snapshot: Json) -> Json:
    """A snapshot with what the visitor may do, and the other dashboard that holds the folder;
    files are listed for those who can start them."""
    files = snapshot["files"] if visitor["may"] == START else []
    holder = lab.holder.view if lab.holder else None
    return {**snapshot, "files": files, "visitor": visitor, "holder": holder}


def _obey(lab: Lab, sock: Socket, subscription: Subscription, message: dict[str, Any]) -> None:
    if "subscribe" in message:
        subscription.topics(_topics(lab, message))
    if isinstance(message.get("ack"), int):
        subscription.ack(message["ack"])


def _topics(lab: Lab, message: dict[str, Any]) -> set[str]:
    wanted = message.get("subscribe", [])
    if not isinstance(wanted, list) or not all(isinstance(topic, str) for topic in wanted):
        raise Refused(BAD_FRAME, "subscribe takes a list of topics")
    return {topic for topic in wanted if lab.has_topic(topic)}
