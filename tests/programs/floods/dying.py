import threading
import time
def die(number):
    raise ValueError(f"thread {number}")
print("begin", flush=True)
for number in range(1000):
    threading.Thread(target=die, args=(number,)).start()
print("done", flush=True)
time.sleep(60)
