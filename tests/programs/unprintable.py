class Odd(Exception):
    def __str__(self):
        raise RuntimeError("not even that")
    def __repr__(self):
        print("repr() was called")
        return "Odd"
thing = Odd("\x1b[2J", 1)
raise thing
