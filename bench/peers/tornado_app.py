"""HTTP on tornado, without its access log."""

import asyncio

from tornado import web

from bench.peers import arguments

GIVEN = arguments.parse()


class Student(web.RequestHandler):
    def get(self, student: str) -> None:
        self.set_header("Content-Type", GIVEN.media)
        self.write(GIVEN.body)


async def main() -> None:
    app = web.Application([(r"/subjects/([0-9]+)", Student)], log_function=lambda handler: None)
    app.listen(GIVEN.port, arguments.HOST, backlog=arguments.BACKLOG)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
