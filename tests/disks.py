"""What a system can refuse: a disk that is full, one that must not be written, descriptors."""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

NOBODY = 65_534


@contextlib.contextmanager
def full(size: int = 10) -> Iterator[None]:
    """For this process: a file beyond `size` bytes fails with EFBIG (setrlimit(2); Python ignores
    SIGXFSZ)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """This process may read a folder and not write it."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for one in folders:
        one.chmod(0o555)
    try:
        with without_rights():
            yield
    finally:
        for one in folders:
            one.chmod(0o755)


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Root, who may do all, is nobody meanwhile."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@contextlib.contextmanager
def without_descriptors() -> Iterator[None]:
    """For this process: whatever would be opened fails with EMFILE."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
