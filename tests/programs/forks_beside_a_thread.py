"""Forks while another thread waits: they take no longer for it."""
import os
import threading
import time
over = threading.Event()
thread = threading.Thread(target=over.wait)
thread.start()
took = []
for _ in range(5):
    began = time.monotonic()
    if os.fork() == 0:
        os._exit(0)
    os.wait()
    took.append(time.monotonic() - began)
print(min(took) < 0.15)
over.set()
thread.join()
