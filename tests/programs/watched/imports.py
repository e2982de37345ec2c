import threading
from parts.part import NAME
threading.Event().wait(60 if NAME else 0)
