import os
import signal
import sys
left = float(sys.argv[1]) * 1_000_000
lines = b"".join(b"%07d and more of the same\n" % number for number in range(2_000))
without_end = b"x" * 65_536
while left > 0:
    left -= os.write(1, lines) + os.write(2, without_end)
print("\ndone", flush=True)
signal.pause()
