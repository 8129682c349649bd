"""The profile `openai`: what OpenAI's clients need of a container behind the platform's OpenAI-compatible path."""
