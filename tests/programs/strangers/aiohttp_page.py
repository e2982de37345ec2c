import sys

from aiohttp import web


async def page(request):
    return web.Response(text="<!doctype html><h1>aiohttp</h1>", content_type="text/html")


app = web.Application()
app.router.add_get("/", page)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
