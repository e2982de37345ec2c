import asyncio
import socket
async def main():
    loop = asyncio.get_running_loop()
    server = socket.create_server(("127.0.0.1", 0))
    server.setblocking(False)
    client = socket.socket()
    client.setblocking(False)
    await loop.sock_connect(client, server.getsockname())
    conn, _ = await loop.sock_accept(server)
    await loop.sock_sendall(client, b"abc")
    print(await loop.sock_recv(conn, 10))
    for sock in (server, client, conn):
        sock.close()
asyncio.run(main())
