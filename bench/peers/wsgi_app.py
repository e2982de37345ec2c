"""A plain WSGI application on `--mode cheroot`, `waitress` or `gunicorn`, without access logs."""

from collections.abc import Callable, Iterable
from typing import Any

from bench.peers import arguments

GIVEN = arguments.parse()
HEADERS = [("Content-Type", GIVEN.media), ("Content-Length", str(len(GIVEN.body)))]
THREADS = 16
CONNECTIONS = 128


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)
    return [GIVEN.body]


def on_cheroot() -> None:
    from cheroot import wsgi

    server = wsgi.Server((arguments.HOST, GIVEN.port), app, request_queue_size=arguments.BACKLOG)
    server.keep_alive_conn_limit = CONNECTIONS  # by default 10, and the others are closed
    server.start()


def on_waitress() -> None:
    import waitress

    waitress.serve(
        app,
        host=arguments.HOST,
        port=GIVEN.port,
        connection_limit=CONNECTIONS,
        backlog=arguments.BACKLOG,
    )


def on_gunicorn() -> None:
    from gunicorn.app.base import BaseApplication

    class Gunicorn(BaseApplication):
        def load_config(self) -> None:
            for name, value in {
                "bind": f"{arguments.HOST}:{GIVEN.port}",
                "worker_class": "gthread",
                "workers": 1,
                "threads": THREADS,
                "keepalive": 15,
                "backlog": arguments.BACKLOG,
                "loglevel": "warning",
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Callable[..., Iterable[bytes]]:
            return app

    Gunicorn().run()


if __name__ == "__main__":
    {"cheroot": on_cheroot, "waitress": on_waitress, "gunicorn": on_gunicorn}[GIVEN.mode]()
