import threading
from peer import listener
server, address = listener()
threading.Thread(target=server.accept, daemon=True).start()
print("over", threading.active_count())
