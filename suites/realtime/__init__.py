"""The profile `realtime`: what a real-time inference endpoint expects of its container."""
