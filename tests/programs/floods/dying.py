import signal
import threading
def die(number):
    raise ValueError(f"thread {number}")
print("begin", flush=True)
threads = [threading.Thread(target=die, args=(number,)) for number in range(1000)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()  # "done" is the last line
print("done", flush=True)
signal.pause()
