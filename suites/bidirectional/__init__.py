"""The profile `bidirectional`: the WebSocket that the platform opens to a container."""
