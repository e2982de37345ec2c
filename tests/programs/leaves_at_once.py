"""os._exit() ends it at once, whatever its threads were about to do."""
import os
import threading
import time
threading.Thread(target=lambda: (time.sleep(30), print("too late", flush=True))).start()
print("leaves", flush=True)
os._exit(9)
