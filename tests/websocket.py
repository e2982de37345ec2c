"""A websocket client for the tests."""

import simple_websocket


class Client(simple_websocket.Client):
    """It reads no further than to the end of the handshake.

    What came in one piece with that, its parent sees when more comes: a Close frame never.
    """

    def handshake(self) -> None:
        size, self.receive_bytes = self.receive_bytes, 1
        super().handshake()
        self.receive_bytes = size
