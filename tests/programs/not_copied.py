"""What Python neither pickles nor copies, alone and inside of something else."""
import copy
import pickle
import select
import threading
class Room:
    def __init__(self, lock):
        self.lock = lock
for make in (threading.Lock, threading.RLock, threading.Condition, select.poll, select.epoll):
    made = make()
    print(make, type(made))
    for use in (pickle.dumps, copy.copy, copy.deepcopy):
        for thing in (made, Room(made)):
            try:
                print(use.__name__, type(use(thing)))
            except Exception as error:
                print(use.__name__, type(error).__name__, error)
