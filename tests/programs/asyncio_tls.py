import asyncio
import ssl
from pathlib import Path
PEM = str(Path(__file__).with_name("tls.pem"))
server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=PEM)
server_side.load_cert_chain(PEM)
async def serve(reader, writer):
    line = await reader.readline()
    writer.write(line.upper())
    await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_side)
    reader, writer = await asyncio.open_connection(
        *server.sockets[0].getsockname(), ssl=client_side, server_hostname="localhost")
    writer.write(b"secret\n")
    print(await reader.read())
    writer.close()
    server.close()
asyncio.run(main())
