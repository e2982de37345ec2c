"""Log lines: numbered, levelled, searched, bounded; trouble with their file is one of them."""

from pathlib import Path

from dashboard.recording.history import LogBook


def book(tmp_path: Path, capacity: int = 100, file_bytes: int = 10_000) -> LogBook:
    return LogBook(capacity, tmp_path / "logs" / "chat.log", file_bytes)


def test_levels_are_read_and_continued_lines_keep_theirs(tmp_path: Path) -> None:
    log = book(tmp_path)
    log.add("12:00:00.123 WARNING chat: careful", 1.0)
    log.add("  more of it", 1.0)
    log.add("Traceback (most recent call last):", 1.0)
    log.add("12:00:00.123 INFO chat: fine 50%", 1.0)
    lines = log.since(0, 10)["lines"]
    assert [(line["n"], line["level"]) for line in lines] == [
        (1, "warning"),
        (2, "warning"),
        (3, "error"),
        (4, "info"),
    ]
    assert [line["text"] for line in lines] == [
        "careful",
        "  more of it",
        "Traceback (most recent call last):",
        "fine 50%",
    ]
    log.close()
    assert (tmp_path / "logs" / "chat.log").read_text().splitlines()[-1] == (
        "12:00:00.123 INFO chat: fine 50%"
    )


def test_trouble_with_the_file_is_a_line_of_the_log(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder would be")
    log = book(tmp_path)
    first = log.add("12:00:00.000 INFO chat: one", 1.0)
    second = log.add("12:00:00.000 INFO chat: two", 1.0)
    assert [line["level"] for line in first] == ["info", "warning"]
    assert first[1]["text"].startswith(f"{tmp_path}/logs/chat.log cannot be written (")
    assert [line["text"] for line in second] == ["two"]
    assert [line["n"] for line in log.since(0, 10)["lines"]] == [1, 2, 3]
    log.close()


def test_trouble_is_said_after_printed_lines_as_well(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder would be")
    log = book(tmp_path)
    kept = log.add_printed(["one", "two"], 1.0)
    assert [line["level"] for line in kept] == ["info", "info", "warning"]
    assert [line["text"] for line in log.add_printed(["three"], 1.0)] == ["three"]
    log.close()


def test_what_is_no_longer_kept_is_counted(tmp_path: Path) -> None:
    log = book(tmp_path, capacity=10)
    for number in range(25):
        log.add(f"12:00:00.000 INFO chat: line {number}", 1.0)
    found = log.since(3, 100)
    assert (found["skipped"], len(found["lines"]), found["next"]) == (12, 10, 25)
    assert log.since(25, 100) == {"lines": [], "next": 25, "skipped": 0}
    assert [line["n"] for line in log.since(0, 2)["lines"]] == [24, 25]
    log.close()


def test_search_ignores_case(tmp_path: Path) -> None:
    log = book(tmp_path)
    log.add("12:00:00.000 INFO chat: Привет", 1.0)
    log.add("12:00:00.000 INFO chat: hello", 1.0)
    assert [line["n"] for line in log.since(0, 9, "ПРИВЕТ")["lines"]] == [1]
    log.close()
