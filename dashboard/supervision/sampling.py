"""CPU and memory of a child, as the system counts them."""

import psutil


class ProcessSampler:
    """One process; a new one for each generation, since the first CPU figure is always 0."""

    def __init__(self, pid: int) -> None:
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
            self._process.cpu_percent()
        except (psutil.Error, OSError):  # also where no descriptor is free
            self._process = None

    def sample(self) -> tuple[float | None, int | None]:
        """CPU in percent of one core since the last call, and resident memory in bytes."""
        try:
            if self._process is None or not self._process.is_running():  # its number may be reused
                return None, None
            with self._process.oneshot():
                return self._process.cpu_percent(), self._process.memory_info().rss
        except (psutil.Error, OSError):
            return None, None
