"""The wire: requests and answers with their raw bytes and times, and how they are shown to people."""
