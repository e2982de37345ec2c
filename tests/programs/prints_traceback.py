import logging
import socket
import sys
import traceback
def fail():
    socket.socket().recv(1)
try:
    fail()
except OSError as error:
    traceback.print_exc()
    logging.exception("logged")
    print(traceback.format_exc(), len(traceback.extract_tb(error.__traceback__)) >= 2)
    sys.stdout.write("".join(traceback.format_exception(type(error), error, error.__traceback__)))
