"""Several threads fork at the same time: as many threads are left as there were."""

import os
import threading
import time


def fork():
    for _ in range(5):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)


def threads_of_the_system():
    return len(os.listdir("/proc/self/task"))


before = threads_of_the_system()
threads = [threading.Thread(target=fork) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
until = time.monotonic() + 5
while threads_of_the_system() != before and time.monotonic() < until:
    time.sleep(0.01)
print(threads_of_the_system() == before)
