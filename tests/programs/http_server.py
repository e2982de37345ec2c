import http.client
import http.server
import threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
thread = threading.Thread(target=server.handle_request)
thread.start()
connection = http.client.HTTPConnection(*server.server_address)
connection.request("GET", "/a?b=c")
print(connection.getresponse().read())
connection.close()
thread.join()
server.server_close()
