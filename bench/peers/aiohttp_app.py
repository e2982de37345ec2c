"""HTTP on aiohttp, without its access log."""

from aiohttp import web

from bench.peers import arguments

GIVEN = arguments.parse()


async def student(request: web.Request) -> web.Response:
    return web.Response(body=GIVEN.body, headers={"Content-Type": GIVEN.media})


if __name__ == "__main__":
    app = web.Application()
    app.router.add_get("/subjects/{student}", student)
    web.run_app(
        app,
        host=arguments.HOST,
        port=GIVEN.port,
        access_log=None,
        print=None,
        backlog=arguments.BACKLOG,
    )
