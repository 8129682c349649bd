"""Where the load goes: what `-e` means, and the bytes of the requests that go there.

`parse` reads the options into a target, a frozen value (`values`). `factory` makes `Traffic` of a target and the
payloads: all requests of a run as bytes, as far as they can be made before it.
"""
