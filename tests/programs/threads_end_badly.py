import sys
import threading
def leaves():
    sys.exit("a thread's exit is silent")
def dies():
    raise LookupError("here")
for target in (leaves, dies):
    thread = threading.Thread(target=target, name=target.__name__)
    thread.start()
    thread.join()
