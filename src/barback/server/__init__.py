"""The server: puts the rooms together, speaks HTTP and WebSocket, and is the `barback` command."""
