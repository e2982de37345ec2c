"""What a tab hears: events, websockets, the chat's bridge."""
