"""The profile `isolated`: what network isolation asks for on top of the real-time contract."""
