"""Small honest clients of other libraries, written as their users would, each a program of its own."""
