"""Renderers of a benchmark (`seatrial bench`): they turn its plain values into what people and machines read."""
