import threading
import time
def die(number):
    raise ValueError(f"thread {number}")
print("begin", flush=True)
threads = [threading.Thread(target=die, args=(number,)) for number in range(1000)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()  # "done" is the last line
print("done", flush=True)
time.sleep(60)
