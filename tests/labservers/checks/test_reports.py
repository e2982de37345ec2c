"""What a report says, in each of its forms, of a verdict that is made up."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.checks import report_html, report_junit, report_text
from labservers.checks.masking import pattern
from labservers.checks.pictures import ROWS, picture
from labservers.checks.report_json import as_json, pattern_words
from labservers.checks.report_svg import svg
from labservers.checks.spelling import spelled
from labservers.checks.texts import LANGUAGES, Language, causes, text
from labservers.checks.values import Evidence, Moment, Outcome
from tests.labservers.checks.made_up import FINDINGS, HOSTILE, verdict

BOLD = 7.2  # pixels of a letter in the name of a side
STEERS = "\x1b[2J<script>alert(1)</script>\u202e\ud800"


def said(language: Language = "en", **changes: Any) -> Any:
    made = replace(verdict(language), **changes)
    return as_json(made, made.findings, language)


def hostile() -> Any:
    finding = replace(FINDINGS["en"][0], title=STEERS, line=STEERS, source=STEERS, evidence=STEERS)
    return said(program=STEERS, findings=(finding,))


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_a_program_that_listens_late_passes_and_it_is_said_how_late() -> None:
    late = Outcome("starts", "pass", "listens-late", (("s", "7"),))
    report = said(outcomes=(late,), findings=())
    assert "starts (it listened 7 s after its start)" in report_text.report(report)
    assert "it listened 7 s after its start" in report_html.page([report])


@pytest.mark.parametrize("language", LANGUAGES)
def test_json_holds_the_whole_verdict_and_bytes_as_base64(language: Language) -> None:
    found = json.loads(json.dumps(said(language)))
    assert [finding["id"] for finding in found["findings"]] == [f.id for f in FINDINGS[language]]
    assert [finding["again"] for finding in found["findings"]] == ["not-utf8", "silent", None]
    proof = found["findings"][0]["proof"]
    assert base64.b64decode(proof["sent"]) == HOSTILE
    assert base64.b64decode(proof["deaths"][0]["received"])[proof["deaths"][0]["bad"]] == 0xFF


def test_a_cause_that_a_probe_knew_is_said_by_its_title() -> None:
    seen = Evidence("lost", sent=b"hello")
    (probe,) = said(outcomes=(Outcome("chat-order", "fail", "chat-order-differs", (), seen),))[
        "probes"
    ]
    assert probe["why"] == causes()["chat-order-differs"]["en"]["title"]


def test_the_terminal_sees_each_finding_with_its_line_and_the_rest_by_id() -> None:
    words = report_text.report(said())
    for finding in FINDINGS["en"]:
        assert finding.title in words
    assert "server.py:24    legs = json.loads" in words
    assert "Passed (2): starts, answers" in words
    assert "\x1b" not in words
    assert "\x1b[31m✗\x1b[0m Bytes" in report_text.report(said(), colour=True)


def test_foreign_text_steers_neither_a_terminal_nor_a_page_nor_xml() -> None:
    words = (
        report_text.report(hostile(), colour=True).replace("\x1b[31m", "").replace("\x1b[0m", "")
    )
    assert "\x1b" not in words + report_text.table([hostile(), hostile()])
    page = report_html.page([hostile()])
    assert "script" not in Page(page).tags
    assert "\x1b" not in page
    page.encode("utf-8")
    ElementTree.fromstring(report_junit.junit([hostile()]).encode())


def test_only_what_must_be_mended_is_a_failure_for_junit() -> None:
    [suite] = ElementTree.fromstring(report_junit.junit([said()]).encode())
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("8", "3", "1")
    cases = {str(case.get("name")).partition(":")[0]: case for case in suite}
    failure = cases["not-utf8"].find("failure")
    assert failure is not None
    assert failure.get("type") == "decode-not-text"
    assert cases["descriptors"].find("failure") is None
    assert "left open" in (cases["descriptors"].findtext("system-out") or "")


def test_a_program_that_cannot_be_run_is_an_error_with_its_reason() -> None:
    made = said(
        verdict="cannot run", outcomes=(), findings=(), talk=None, reason="Port 80 is taken."
    )
    [suite] = ElementTree.fromstring(report_junit.junit([made]).encode())
    assert suite.get("errors") == "1"
    assert "Port 80 is taken." in report_text.report(made)
    assert "Port 80 is taken." in Page(report_html.page([made])).words


def test_only_a_probe_that_failed_once_is_said_to_have_failed_once() -> None:
    once = Outcome("glued", "fail", "wrong-answer", evidence=Evidence("wrong-answer"))
    starts = Outcome("starts", "fail", "needs-arguments", confirmed=True)
    unsure = said(outcomes=(starts, once), findings=())
    assert "Failed once, not the second time (1):" in report_text.report(unsure)
    refused = said(outcomes=(starts,), findings=(), verdict="cannot run", reason="needs-arguments")
    for written in (report_text.report(refused), report_html.page([refused])):
        assert "Failed once" not in written


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_else_and_draws_what_happened(language: Language) -> None:
    page = Page(report_html.page([said(language)]))
    assert page.links == []
    assert page.tags.count("svg") == 2
    for finding in FINDINGS[language]:
        assert finding.title in page.words
        assert finding.next_step.replace("`", "") in page.words  # they mark code


def test_the_page_of_a_class_begins_with_a_table_of_links() -> None:
    page = Page(report_html.page([said(), said(program="b.py", verdict="pass", findings=())]))
    assert page.tags.count("table") == 2  # the programs, and what was found most often
    assert page.links == ["#p0", "#p1"]
    assert "nothing to mend" in page.words


def test_a_class_is_told_what_was_found_most_often() -> None:
    some = said(program="b.py", findings=FINDINGS["en"][1:2])
    assert report_text.frequent([said(), some])[0] == (2, FINDINGS["en"][1].title)
    assert report_text.table([said(), some]).splitlines()[-3].split()[0] == "2"


moments = st.builds(
    Moment,
    st.floats(0, 60),
    st.sampled_from(["client", "client 2", "client 7", "server"]),
    st.sampled_from(["connects", "sends", "receives", "resets", "waits", "closes", "dies"]),
    st.binary(max_size=300),
)


@given(st.lists(moments, max_size=60))
def test_every_timeline_is_drawn_within_its_frame(timeline: list[Moment]) -> None:
    chart = picture(timeline, "ru")
    if chart is None:
        return
    assert len(chart["marks"]) <= ROWS
    for mark in chart["marks"]:
        assert 0 < mark["y"] + mark.get("height", 0) <= chart["height"]
        assert {mark.get(end) for end in ("from", "to", "x")} - {None} <= {
            lane["x"] for lane in chart["lanes"]
        }
    last = chart["lanes"][-1]
    assert last["x"] + BOLD * len(text("ru", "lane.friend")) / 2 <= chart["width"]


def test_the_drawing_of_a_long_time_says_how_much_it_leaves_out() -> None:
    """A reset is crossed out, another member of a room is called a friend."""
    timeline = [Moment(0.1 * n, "client's friend", "waits") for n in range(ROWS + 6)]
    chart = picture(
        [Moment(0, "client", "connects"), *timeline, Moment(9, "client", "resets")], "en"
    )
    assert chart
    assert [mark["kind"] for mark in chart["marks"]].count("more") == 1
    drawn = svg(chart)
    assert re.search(r"and \d+ more", drawn)
    assert "another member" in drawn
    assert drawn.count("l12 12M") == 1


def test_a_wait_says_how_long_it_was_where_it_has_an_end() -> None:
    ends = [Moment(1.0, "client", "waits"), Moment(3.5, "client", "closes")]
    goes_on = [Moment(0.5, "client", "connects"), Moment(1.0, "client", "waits")]
    labels = []
    for timeline in (ends, goes_on):
        chart = picture(timeline, "en")
        assert chart
        labels += [mark["label"] for mark in chart["marks"] if mark["kind"] == "bar"]
    assert labels == ["waits 2.5 s", "waits"]
    chart = picture(ends, "ru")
    assert chart
    assert (chart["marks"][0]["at"], chart["marks"][0]["label"]) == ("1,0 с", "ждёт 2,5 с")


@pytest.mark.parametrize(
    ("side", "name"),
    [("client 2", "клиент 2"), ("member 1", "участник 1"), ("client's friend", "другой участник")],
)
def test_a_lane_is_called_by_a_name_in_the_readers_language(side: str, name: str) -> None:
    chart = picture([Moment(0, side, "connects")], "ru")
    assert name in {lane["name"] for lane in chart["lanes"]}
    assert name in chart["text"]


def test_bytes_that_are_sent_one_by_one_are_one_row() -> None:
    timeline = [Moment(i / 10, "client", "sends", bytes([byte])) for i, byte in enumerate(b"3 4\n")]
    chart = picture(timeline, "en")
    assert chart
    assert [mark["label"] for mark in chart["marks"]] == ["3 4\\n ×4"]


@given(st.binary(), st.integers(1, 50))
def test_spelled_bytes_are_one_printable_line_of_a_length(data: bytes, characters: int) -> None:
    line = spelled(data, characters)
    assert line.isprintable()
    assert len(line) <= characters


def test_an_answers_pattern_is_read_without_its_signs() -> None:
    assert pattern_words(rb"5\.0\n?".replace(rb"\n?", b"")) == b"5.0"
    assert pattern_words(rb"Date: .*?\(GMT\)").decode() == "Date: …(GMT)"
    answers = [b"from (1.5) to (2.5), bye", b"from (3.5) to (4.5), bye"]
    assert pattern_words(pattern(answers)).decode() == "from (….5) to (….5), bye"
