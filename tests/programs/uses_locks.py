import queue
import threading
from concurrent.futures import ThreadPoolExecutor
lock, again = threading.Lock(), threading.RLock()
total = 0
def add(_):
    global total
    for _ in range(200):
        with lock, again, again:
            total += 1
with ThreadPoolExecutor(4) as pool:
    list(pool.map(add, range(4)))
print(total, lock.locked(), lock.acquire(False), lock.acquire(False), lock.acquire(timeout=0.01))
lock.release()
for wrong in (lock.release, again.release, lambda: lock.acquire(False, 5), lambda: lock.acquire(True, -5)):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
for condition in (threading.Condition(), threading.Condition(threading.Lock()), threading.Condition(threading.RLock())):
    seen = []
    def waits():
        with condition:
            condition.wait_for(lambda: seen, 10)
            seen.append(2)
    thread = threading.Thread(target=waits)
    thread.start()
    with condition:
        seen.append(1)
        condition.notify_all()
    thread.join()
    print(seen, condition.wait_for is not None)
    try:
        condition.notify()
    except RuntimeError as error:
        print(error)
line = queue.Queue(2)
thread = threading.Thread(target=lambda: [line.put(n) for n in range(10)])
thread.start()
print([line.get() for _ in range(10)], isinstance(again, type(again)))
thread.join()
barrier, semaphore, event = threading.Barrier(1), threading.Semaphore(2), threading.Event()
print(barrier.wait(), semaphore.acquire(), event.wait(0.01))
