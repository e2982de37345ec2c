import sys
print(sys.argv, sys.path[0], sys.flags, __name__)
print(sorted(globals()))
print(__file__, __spec__, __builtins__, __doc__, type(__loader__))
