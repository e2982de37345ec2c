import ssl
from pathlib import Path
PEM = str(Path(__file__).with_name("tls.pem"))
server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=PEM)
server_side.load_cert_chain(PEM)
class End:
    _transport = "is not one of asyncio"
    def __init__(self, context, **more):
        self.came, self.goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.came, self.goes, **more)
    def do(self, call, *given):
        try:
            return call(*given)
        except ssl.SSLWantReadError:
            return None
server = End(server_side, server_side=True)
client = End(client_side, server_hostname="localhost")
for _ in range(3):
    for one, other in ((client, server), (server, client)):
        one.do(one.tls.do_handshake)
        other.came.write(one.goes.read())
client.do(client.tls.write, b"secret")
server.came.write(client.goes.read())
print(server.do(server.tls.read), server.do(server.tls.read))
