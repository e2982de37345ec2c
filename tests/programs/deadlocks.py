import os
import threading
import time
first = threading.Lock()
second = threading.RLock()
both = threading.Barrier(2)
def transfer(one, other):
    with one:
        both.wait()
        with other:
            pass
threading.Thread(target=transfer, args=(first, second), name="left", daemon=True).start()
threading.Thread(target=transfer, args=(second, first), name="right", daemon=True).start()
time.sleep(3)
print("main goes on", flush=True)
