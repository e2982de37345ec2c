import chat, log, registry, server, tap, utils
import observe
print(chat.NAME, log.NAME, registry.NAME, server.NAME, tap.NAME, utils.NAME, observe.NAME)
