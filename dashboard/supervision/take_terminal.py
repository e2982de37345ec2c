"""Run by itself: makes standard input the terminal of this session, then becomes a program.

The dashboard has many threads, so nothing of Python may run between its fork and the exec; this
does, in a process of its own (TIOCSCTTY in tty_ioctl(4)). A dashboard that runs under nohup or a
supervisor ignores signals, and would hand that on: ^C has its usual meaning again.
"""

import fcntl
import os
import signal
import sys
import termios

NOT_FOUND = 127  # as a shell says it


def main(words: list[str]) -> int:
    """Become the program that the words name.

    Returns the exit code where that is not possible.
    """
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(words[0], words)
    except OSError as error:
        print(f"{words[0]}: {error.strerror}", file=sys.stderr)
    return NOT_FOUND


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
