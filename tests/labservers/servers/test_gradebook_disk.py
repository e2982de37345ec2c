"""The grade book on a real disk that is full, then read-only: a tmpfs of its own (unshare(1))."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.labservers.servers.test_gradebook_file import PAGE

FULL = f"""
import sys
from pathlib import Path
from labservers.servers.gradebook import GradeBook, Row
from labservers.servers.gradebook_file import cause
from tests.labservers.servers.test_gradebook_file import save

folder = Path(sys.argv[1])
book = GradeBook(str(folder / "subjects.sqlite3"))
rest = folder / "rest"
with rest.open("wb", buffering=0) as file:
    try:
        while file.write(b"x" * {PAGE}):
            pass
    except OSError as error:
        print(error.strerror)
rows = [row for _ in range(50) for row in save(book, Row("1", "Maths", 5))]
failed = [row for row in rows if not row.saved]
print(cause(failed[-1].error))
print(len(book.read("1").grades) == len(rows) - len(failed))
rest.unlink()
print(save(book, Row("1", "Physics", 4))[0].saved)
book.close()
"""
DISK = """
mount -t tmpfs -o size=256k tmpfs "$1" || exit 77
"$2" -c "$3" "$1" || exit
mount -o remount,ro "$1" || exit 77
exec "$2" -m labservers subjects --port 0 --data-dir "$1"
"""


def test_a_full_disk_and_one_that_must_not_be_written(
    tmp_path: Path, need: Callable[[str], str]
) -> None:
    words = ["-c", DISK, "sh", str(tmp_path), sys.executable, FULL]
    done = subprocess.run(
        [need("unshare"), "--map-root-user", "--mount", "sh", *words],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no disk of our own can be mounted here: {done.stderr.strip()}")
    assert done.stdout.splitlines() == [
        "No space left on device",
        "the disk is full",
        "True",
        "True",
    ], done.stderr
    assert done.returncode == 1
    assert f"the grades cannot be kept in {tmp_path}/subjects.sqlite3: " in done.stderr
    assert done.stderr.strip().endswith("; mend it or choose --data-dir")
