"""The live channel of a tab: events, websockets, the chat's bridge."""
