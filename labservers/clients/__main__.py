"""Command line of the console clients: `python -m labservers client NAME [--host] [--port]`."""

import argparse
import importlib
import os
import sys

from labservers.clients import terminal
from labservers.command_line import EXIT_USAGE, Parser, accept_any_text, port_number
from labservers.registry import SERVERS

# Each module has run(options) -> exit code, and may have add_arguments(parser).
# name -> the server that it talks to; the module is the name with an underscore
CLIENTS = {
    "hello": "hello",
    "hypotenuse": "hypotenuse",
    "page": "page",
    "subjects": "subjects",
    "chat-reader": "chat",
    "chat-sender": "chat",
}


def main(words: list[str]) -> int:
    """Run the client that the words ask for and return the exit code."""
    if not words or words[0] in ("-h", "--help"):
        print(f"usage: python -m labservers client {{{'|'.join(CLIENTS)}}} [--host] [--port] ...")
        return 0 if words else EXIT_USAGE
    name = words[0]
    if name not in CLIENTS:
        known = ", ".join(CLIENTS)
        print(f"labservers: no client {name!r}; there are {known}", file=sys.stderr)
        return EXIT_USAGE
    return run(name, words[1:])


def run(name: str, words: list[str]) -> int:
    """Run one client. ^C and the end of input are ways to leave, not errors."""
    module = importlib.import_module(f"labservers.clients.{name.replace('-', '_')}")
    parser = Parser(prog=f"python -m labservers client {name}", description=module.__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where the server is (127.0.0.1)")
    port = SERVERS[CLIENTS[name]].default_port
    parser.add_argument("--port", type=port_number, default=port, help=f"its port ({port})")
    if hasattr(module, "add_arguments"):
        module.add_arguments(parser)
    options = parser.parse_args(words)
    accept_any_text()
    try:
        code: int = module.run(options)
        sys.stdout.flush()
    except (EOFError, KeyboardInterrupt):
        print()
        code = 0
    except BrokenPipeError:  # `| head` has seen enough; the modules speak of those of sockets
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except UnicodeError:  # of a host name that no name server could hold; text is never refused
        code = _failed(options, "it is not a host name")
    except OSError as error:
        code = _failed(options, error.strerror or str(error))
    return code


def _failed(options: argparse.Namespace, reason: str) -> int:
    return terminal.complain(
        f"cannot reach {options.host}: {reason}; give another address: --host, --port",
        f"{options.host} недоступен: {reason}; укажите другой адрес: --host, --port",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
