import os
import signal
import sys
import time
end = time.monotonic() + float(sys.argv[1])
lines = b"".join(b"%07d and more of the same\n" % number for number in range(2_000))
without_end = b"x" * 65_536
while time.monotonic() < end:
    os.write(1, lines)
    os.write(2, without_end)
print("\ndone", flush=True)
signal.pause()
