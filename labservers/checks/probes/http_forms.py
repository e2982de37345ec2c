"""The form of the page, filled in and sent as a browser does, and looked for on the page."""

from __future__ import annotations

import html
import uuid
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from labservers.checks.context import Context, Probe
from labservers.checks.diagnosis.sentences import shown
from labservers.checks.html_form import Form, form_of
from labservers.checks.probes.http import http
from labservers.checks.probes.http_asking import Reply, ask, broken, exchange, head, path_of
from labservers.checks.values import Outcome

CYRILLIC = "Физика"
FORM_TYPE = "Content-Type: application/x-www-form-urlencoded"
AROUND = 40  # characters of a page that are shown around what was entered


class Saved(NamedTuple):
    """reply: to the POST. page: the text of the answer and of the page after it."""

    reply: Reply
    page: str

    def shows(self, words: str) -> bool:
        """As text: HTML's characters may be written as references."""
        return words in html.unescape(self.page)


def saves(context: Context) -> Outcome:
    """Plain words, then words of another alphabet with a space and a plus."""
    if _form(context) is None:
        return context.not_tried("no-form")
    tag = _tag()
    saved = _send(context, tag)
    if not saved.shows(tag):
        return context.not_tried("not-shown")
    words = f"{CYRILLIC} {tag}b+c"
    saved = _send(context, words)
    if saved.reply.status >= 400 or saved.shows(words):
        return context.passed()
    found = _around(saved.page, f"{tag}b")
    return broken(
        context,
        "http-form-not-decoded",
        saved.reply,
        "WHATWG URL, section 5.1",
        sent=shown(words.encode()),
        got=shown(found.encode()),
    )


def saves_second_segment(context: Context) -> Outcome:
    """RFC 9112 section 6: the body has as many bytes as its header says, whenever they come."""
    if _form(context) is None:
        return context.not_tried("no-form")
    if not _send(context, tag := _tag()).shows(tag):
        return context.not_tried("not-shown")
    tag = _tag()
    saved = _send(context, tag, apart=True)
    if saved.shows(tag):
        return context.passed()
    sent = shown(tag.encode())
    return broken(context, "http-body-lost", saved.reply, "RFC 9112, section 6", sent=sent)


def shows_as_text(context: Context) -> Outcome:
    """OWASP: cross-site scripting, stored. The tag is one that does no harm."""
    if _form(context) is None:
        return context.not_tried("no-form")
    tag = _tag()
    words = f"<i>{tag}</i>"
    saved = _send(context, words)
    if words in saved.page:
        sent = shown(words.encode())
        return broken(context, "http-raw-html", saved.reply, "CWE-79", sent=sent)
    return context.passed() if saved.shows(tag) else context.not_tried("not-shown")


def _form(context: Context) -> Form | None:
    return form_of(ask(context, path_of(context)).answer.text)


def _send(context: Context, words: str, *, apart: bool = False) -> Saved:
    """Send the form, and look at the page that it leads to."""
    form = _form(context) or Form()
    own = path_of(context)
    body = form.filled(words)
    target = urlsplit(urljoin(own, form.action)).path or own
    top = head(context, "POST", target, FORM_TYPE, f"Content-Length: {len(body)}")
    sent = exchange(context, top, "POST", then=body) if apart else None
    reply = sent or exchange(context, top + body, "POST")
    location = urlsplit(reply.answer.field("location") or "").path
    page = ask(context, location or own).answer.text
    return Saved(reply, reply.answer.text + page)


def _tag() -> str:
    return f"w{uuid.uuid4().hex[:8]}"


def _around(page: str, tag: str) -> str:
    """What stands on the page where the words should."""
    at = page.find(tag)
    return page[max(0, at - AROUND) : at + len(tag) + 6] if at >= 0 else ""


PROBES = (
    Probe("http-post", http, saves),
    Probe("http-post-split", http, saves_second_segment),
    Probe("http-post-html", http, shows_as_text),
)
