const http = require("node:http");

const PAGE = "<!doctype html><meta charset=utf-8><h1>Страница из node</h1>";

http
  .createServer((request, response) => {
    const status = request.url !== "/" ? 404 : ["GET", "HEAD"].includes(request.method) ? 200 : 405;
    const headers = { "Content-Type": "text/html; charset=utf-8" };
    if (status === 405) headers.Allow = "GET, HEAD";
    response.writeHead(status, headers);
    response.end(status === 200 ? PAGE : `<h1>${status}</h1>`);
  })
  .listen(Number(process.argv[2]), "127.0.0.1");
