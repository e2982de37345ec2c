"""Names of its own."""
import inspect
import pickle
import sys
class Thing:
    def method(self):
        return 1
print(pickle.loads(pickle.dumps(Thing())).__class__, inspect.getsource(Thing.method))
print(sys.modules["__main__"].Thing is Thing, open("note.txt").read(), __doc__)
print(inspect.getfile(Thing), Thing.__module__)
