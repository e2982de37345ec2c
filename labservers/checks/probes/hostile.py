"""Clients that send what nobody expects, and clients that leave when nobody expects it.

Each is followed by a good conversation with a new client: that the server survived means that
somebody was served.
"""

from __future__ import annotations

from labservers.checks.context import Context, Probe, always
from labservers.checks.values import Outcome

BAD_BYTES = b"\xff\xfe\xd0\n"  # never in UTF-8, and half of a letter


def not_utf8(context: Context) -> Outcome:
    """Bytes that are not text in the place of a request; some answer, or none, is fine."""
    client = context.connected()
    client.send(BAD_BYTES)
    client.receive(0.2)
    client.close()
    return _still_serves(context, BAD_BYTES)


def _still_serves(context: Context, sent: bytes) -> Outcome:
    held = context.good()
    if held.good:
        return context.passed()
    return context.fail(
        "others-wait", sent=sent, got=held.got, expected=held.expected, error=held.error
    )


PROBES = (Probe("not-utf8", always, not_utf8),)
