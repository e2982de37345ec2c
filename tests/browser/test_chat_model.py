"""The chat as the page knows it, in the browser's own JavaScript: rules, senders, own messages."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard import i18n
from dashboard.live.chat_rules import text_problem
from tests.browser.test_chat import ROOMS

CASES = (Path(__file__).parents[1] / "chat_rules_cases.json").read_text("utf-8")
LOCAL = "127.0.0.1:1000"
CONNECTED = {"status": {"state": "connected", "local": LOCAL, "address": "127.0.0.1:8004"}}
JOINED = {"kind": "joined", "peer": LOCAL, "name": "Anya", "people": 2, "seq": 40}
NETCAT = {"peer": "127.0.0.1:2000", "name": None}


@pytest.fixture
def page(open_page: Any) -> Page:
    opened: Page = open_page(ROOMS)
    return opened


def reduced(page: Page, *events: dict[str, Any]) -> dict[str, Any]:
    """The room after these events; one without a type is a message of the dashboard."""
    script = """async (text) => {
      const { reduceRoom, room } = await import("/static/js/model/chat.js");
      const events = JSON.parse(text);
      const state = events.reduce(
        (so_far, event) => reduceRoom(so_far, event.type ? event : { type: "down", message: event, at: 1 }),
        room("7", "Anya"),
      );
      return JSON.parse(JSON.stringify(state));
    }"""
    state: dict[str, Any] = page.evaluate(script, json.dumps(events))
    return state


def messages(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in state["entries"] if entry["kind"] == "message"]


def said(seq: int, *texts: str, **who: Any) -> dict[str, Any]:
    sizes = [len(text.encode()) for text in texts]
    return {"kind": "said", "seq": seq, "sizes": sizes, **who}


def test_the_form_judges_as_the_bridge_does(page: Page) -> None:
    verdicts = page.evaluate(
        """async (text) => {
          const { nameProblem, roomProblem, trimmed } = await import("/static/js/model/chat.js");
          const { rules } = JSON.parse(document.getElementById("boot").textContent);
          const { rooms, names } = JSON.parse(text);
          const wrong = rooms.filter(([room, good]) => (roomProblem(rules, room) === null) !== good);
          for (const [name, taken] of names) {
            const found = nameProblem(rules, name) === null ? trimmed(rules, name) : null;
            if (found !== taken) wrong.push([name, taken, found]);
          }
          return JSON.stringify(wrong);
        }""",
        json.dumps(json.loads(CASES)),
    )
    assert verdicts == "[]"


def test_what_is_blank_to_the_form_is_blank_to_the_bridge(page: Page) -> None:
    """Of every character by itself, and of texts of several."""
    found = page.evaluate(
        """async (cases) => {
          const { isBlank } = await import("/static/js/model/chat.js");
          const { rules } = JSON.parse(document.getElementById("boot").textContent);
          const codes = [...Array(0x110000).keys()];
          const blank = codes.filter((code) => isBlank(rules, String.fromCodePoint(code)));
          const wrong = JSON.parse(cases).filter(([text, how]) => isBlank(rules, text) !== how);
          const trimmed = codes.filter((code) => !String.fromCodePoint(code).trim());
          return JSON.stringify({ blank, wrong, trimmed });
        }""",
        json.dumps(json.loads(CASES)["blanks"]),
    )
    verdict = json.loads(found)
    breaks = {ord(end) for end in "\r\n"}  # more than a line, whatever stands on them
    refused = {code for code in range(0x110000) if text_problem(chr(code))}
    assert set(verdict["blank"]) == refused >= breaks
    assert set(verdict["trimmed"]) <= refused
    assert verdict["wrong"] == []


def test_a_member_joins_before_what_it_says_though_the_event_comes_later(page: Page) -> None:
    def joined(seq: int, **who: Any) -> dict[str, Any]:
        return {"kind": "joined", "people": 3, "seq": seq, **who}

    other = {"peer": "127.0.0.1:3000", "name": None}
    state = reduced(
        page,
        CONNECTED,
        {"said": {"texts": ["first"], "own": []}},
        {"events": [JOINED]},
        {"said": {"texts": ["second", "third"], "own": []}},
        {"events": [joined(41, **NETCAT), joined(41, **other)]},
        {"events": [joined(43, **other)]},
    )
    shown = [entry.get("text") or entry["who"]["peer"] for entry in state["entries"]]
    netcat, late = NETCAT["peer"], other["peer"]
    assert shown == [LOCAL, "first", netcat, late, "second", "third", late]


@pytest.mark.parametrize("telemetry_first", [True, False])
def test_a_sender_is_known_by_the_number_and_the_size_of_a_line(
    page: Page, telemetry_first: bool
) -> None:
    lines = {"said": {"texts": ["hi", "Tom: я", "Tom: lie"], "own": []}}
    events = {
        "events": [
            JOINED,
            said(41, "hi", **NETCAT),
            said(42, "Tom: я", peer="127.0.0.1:3000", name="Tom"),
            said(43, "another size", **NETCAT),
        ]
    }
    order = [events, lines] if telemetry_first else [lines, events]
    first, second, third = messages(reduced(page, CONNECTED, *order))
    assert (first["from"]["peer"], first["name"], first["body"]) == ("127.0.0.1:2000", None, "hi")
    assert (second["from"]["name"], second["name"], second["body"]) == ("Tom", "Tom", "я")
    assert "from" not in third, "what is not certain is not said"


def test_a_prefix_that_a_raw_client_types_is_text(page: Page) -> None:
    text = "Anya: I am not me"
    lines = {"said": {"texts": [text], "own": []}}
    before = messages(reduced(page, CONNECTED, {"events": [JOINED]}, lines))[0]
    assert (before["name"], before["body"]) == ("Anya", "I am not me")
    events = {"events": [JOINED, said(41, text, **NETCAT)]}
    after = messages(reduced(page, CONNECTED, lines, events))[0]
    assert (after["name"], after["body"], after["own"]) == (None, text, False)


def test_an_own_message_moves_to_where_the_server_put_it(page: Page) -> None:
    say = {"type": "say", "id": "m1", "text": "me", "at": 1}
    lines = {"said": {"texts": ["other", "Anya: me"], "own": [[1, "m1"]]}}
    entries = messages(reduced(page, CONNECTED, say, lines))
    assert [(entry["text"], entry["own"]) for entry in entries] == [
        ("other", False),
        ("Anya: me", True),
    ]
    assert not entries[1].get("pending")


def test_a_pending_message_always_resolves(page: Page) -> None:
    say = {"type": "say", "id": "m1", "text": "me", "at": 1e9, "now": 1}
    echo = {"said": {"texts": ["Anya: me"], "own": [[0, "m1"]]}}
    still = messages(reduced(page, CONNECTED, say, {"type": "time", "now": 10}))[0]
    assert still["pending"]
    late = messages(reduced(page, CONNECTED, say, {"type": "time", "now": 12}))[0]
    assert (late["pending"], late["late"]) == (False, True)
    [after_all] = messages(reduced(page, CONNECTED, say, {"type": "time", "now": 12}, echo))
    assert not after_all.get("late")
    lost = {"type": "lost", "code": 0, "reason": "", "retry_at": 5}
    unsent = messages(reduced(page, CONNECTED, say, lost))[0]
    assert (unsent["pending"], unsent["unsent"]) == (False, True)
    refusal = {"status": {"state": "bad_text", "id": "m1", "message": "why"}}
    refused = messages(reduced(page, CONNECTED, say, refusal))[0]
    assert refused["refused"] == {"code": "bad_text", "message": "why"}
    assert not refused["pending"]


def test_a_notice_of_the_server_is_told_from_a_line_that_looks_like_one(page: Page) -> None:
    look_alike = "* 12 messages were skipped"
    lines = {"said": {"texts": ["a", look_alike, look_alike, "after"], "own": []}}
    events = {
        "events": [
            JOINED,
            said(41, "a", **NETCAT),
            said(42, look_alike, **NETCAT),
            said(43, "b", **NETCAT),
            {"kind": "skipped", "peer": LOCAL, "seq": 43, "count": 12, "total": 12, "line": 3},
            said(55, "after", peer="127.0.0.1:3000", name="Tom"),
        ]
    }
    for order in ([lines, events], [events, lines]):
        state = reduced(page, CONNECTED, *order)
        kinds = [entry["kind"] for entry in state["entries"] if entry["kind"] != "joined"]
        assert kinds == ["message", "message", "notice", "message"]
        assert [entry["count"] for entry in state["entries"] if entry["kind"] == "notice"] == [12]
        assert messages(state)[1]["body"] == look_alike
        assert messages(state)[2]["from"]["name"] == "Tom"


def test_lines_of_an_earlier_connection_are_left_alone(page: Page) -> None:
    lines = {"said": {"texts": ["hi"], "own": []}}
    events = {"events": [JOINED, said(41, "hi", **NETCAT)]}
    first, second = messages(reduced(page, CONNECTED, lines, CONNECTED, lines, events))
    assert "from" not in first
    assert second["from"]["peer"] == "127.0.0.1:2000"


@pytest.mark.parametrize(
    ("state", "field", "sentence"),
    [
        ("bad_name", "Nickname", "A nickname has at most 32 characters"),
        ("bad_room", "Room", "That character cannot be a room id"),
    ],
)
def test_a_refusal_is_shown_at_its_field(
    lab: Any, open_page: Any, state: str, field: str, sentence: str
) -> None:
    """As by a dashboard whose rules are other ones than those of the page."""
    lab.start("chat")

    def refuse(page: Page) -> None:
        def answer(end: Any) -> None:
            def on_message(_: str) -> None:
                end.send(json.dumps({"status": {"state": state, "message": "no"}}))
                end.close(code=4400, reason="no")

            end.on_message(on_message)

        page.route_web_socket("**/ws/chat", answer)

    page = open_page(ROOMS, before=refuse)
    page.get_by_label("Nickname").fill("Anya")
    page.get_by_label("Room", exact=True).fill("7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    expect(page.get_by_label(field, exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".room")).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("code", ["bad_text", "too_long"])
def test_a_message_that_is_not_sent_says_why_in_the_language_of_the_page(
    lab: Any, open_page: Any, lang: str, code: str
) -> None:
    lab.start("chat")

    def answer(end: Any) -> None:
        def on_message(text: str) -> None:
            message = json.loads(text)
            if "say" in message:
                refusal = {"state": code, "id": message["id"], "message": "no"}
                end.send(json.dumps({"status": refusal}))
            elif "room" in message:
                end.send(json.dumps({"status": {"state": "connected", "local": LOCAL}}))
            else:
                end.send(json.dumps({"type": "pong", **message}))

        end.on_message(on_message)

    page = open_page(
        f"{ROOMS}?lang={lang}", before=lambda page: page.route_web_socket("**/ws/chat", answer)
    )
    page.get_by_label(i18n.text(lang, "ch.nick")).fill("Anya")
    page.get_by_label(i18n.text(lang, "ch.room"), exact=True).fill("7")
    page.keyboard.press("Enter")
    expect(page.locator(".room .conn")).to_have_text(LOCAL)
    page.get_by_label(i18n.text(lang, "ch.ph", r="7")).fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".msg.me .rc")).to_have_text(i18n.text(lang, f"err.{code}"))


@pytest.mark.parametrize(("code", "status"), [(4429, "crowded"), (1006, "lost"), (4410, "lost")])
def test_a_loss_says_which_it_is(page: Page, code: int, status: str) -> None:
    lost = {"type": "lost", "code": code, "reason": "in English", "retry_at": 5}
    assert reduced(page, CONNECTED, lost)["status"] == status


LOST = {"type": "lost", "code": 1006, "reason": "", "retry_at": 2}
AGAIN = {"status": {"state": "connected", "local": "127.0.0.1:1001", "address": "", "life": 7}}


def again(seq: int) -> dict[str, Any]:
    return {"events": [{**JOINED, "peer": "127.0.0.1:1001", "seq": seq}]}


@pytest.mark.parametrize(
    ("seq", "life", "gap"),
    [(42, 7, []), (45, 7, [3]), (0, 7, [None]), (45, 8, [None])],
    ids=["nothing was said", "three were", "numbers began anew", "another server"],
)
def test_what_was_missed_between_two_connections_is_said(
    page: Page, seq: int, life: int, gap: list[int | None]
) -> None:
    first = {"status": {**CONNECTED["status"], "life": life}}
    state = reduced(
        page,
        first,
        {"events": [JOINED]},
        {"said": {"texts": ["one", "two"], "own": []}},
        LOST,
        {"type": "trying"},
        LOST,
        AGAIN,
        again(seq),
    )
    found = [entry for entry in state["entries"] if entry["kind"] == "gap"]
    assert [entry["count"] for entry in found] == gap
    assert state["missed"] is None
    assert [entry["kind"] for entry in state["entries"]][-1] == "joined"


OWN = "127.0.0.1:1000"
SAY = {"type": "say", "id": "m1", "text": "ok", "at": 1, "now": 1}


def under_way(*come: str) -> list[dict[str, Any]]:
    """Two messages of the same words are on their way when the connection is cut; these lines come
    to the next one: from the first, or from another member."""
    peers = {"ours": ("127.0.0.1:1000", "Anya"), "other": ("127.0.0.1:3000", "Anya")}
    events: list[dict[str, Any]] = [CONNECTED, {"events": [JOINED]}]
    echoed = {"said": {"texts": ["Anya: ok"], "own": [[0, "m0"]]}}
    events += [
        {**SAY, "id": "m0"},
        echoed,
        {"events": [said(41, "Anya: ok", peer=OWN, name="Anya")]},
    ]
    events += [SAY, {**SAY, "id": "m2"}, LOST, AGAIN, again(41)]
    for number, who in enumerate(come, 42):
        peer, name = peers[who]
        events += [{"said": {"texts": ["Anya: ok"], "own": []}}]
        events += [{"events": [said(number, "Anya: ok", peer=peer, name=name)]}]
    return events


@pytest.mark.parametrize(
    ("come", "unsure", "own"),
    [
        ((), 2, 3),
        (("ours",), 1, 3),
        (("ours", "ours"), 0, 3),
        (("other",), 2, 3),
        (("other", "ours"), 1, 3),
    ],
)
def test_what_was_under_way_at_a_cut_stands_in_the_room_once(
    page: Page, come: tuple[str, ...], unsure: int, own: int
) -> None:
    found = messages(reduced(page, *under_way(*come)))
    assert sum(entry.get("unsent", False) for entry in found) == unsure
    assert sum(entry["own"] for entry in found) == own


def test_what_may_be_lost_gives_way_to_what_is_said_again(page: Page) -> None:
    anew = [{**SAY, "id": "m3"}, {"type": "unsay", "id": "m1"}]
    found = messages(reduced(page, *under_way(), *anew))
    assert [(entry["id"], entry["pending"]) for entry in found[1:]] == [("m2", False), ("m3", True)]
