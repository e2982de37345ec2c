import sys
import threading
def compute():
    number = 0
    while True:
        number += 1
        number %= 1000
thread = threading.Thread(target=compute, name="computer", daemon=True)
if sys.argv[1] == "thread":
    thread.start()
    thread.join()
compute()
