"""The ground truth: an HTTP server whose every arrival and write is known, for measuring those who measure.

Two forms with one command line, one behaviour and one format of log: `truth.c` (epoll, one thread, for the bench) and
`twin.py` (Python, with `uvloop` where it is there; for CI). `truth.serve` starts either as a child process, `truth.log`
gives its log as numpy columns.

    python -m truth.twin --port 0 --delay-ms 5 --log FILE        prints `listening PORT`

Options of the process (`twin` only: `--cert FILE --key FILE`):

    --port 0            loopback port, 0 for a free one
    --stall-at S        S seconds after the first request nothing is read or answered …
    --stall-for S       … for S seconds, once
    --idle-ms MS        a connection is closed that long after its last answer
    --log FILE          the log is written there at SIGTERM or SIGINT; `GET /log` answers with it at any time

Choices of a request, by its query or a header `X-Truth: delay_ms=20&status=500`; `--delay-ms 20` makes one for all:

    delay_ms=5          from the arrival of the last byte of the request to the answer
    reply_bytes=64      of the body: `{}` and blanks, JSON of any length
    tokens=100          of a stream (`POST /stream`, `POST /v1/…`): the head at once, then events as OpenAI's,
    ttft_ms=50          … the first so long after the arrival of the request,
    itl_ms=10           … each next one so long after the one before, by absolute times; then `data: [DONE]`
    every=N             the oddities below are for each Nth request only, counted over the whole server
    pause_ms=MS         the second half of the body comes that much later than the first
    status=500          instead of 200
    close=1             the connection is closed after the answer, and the answer says so
    chunked=1           the body is sent with chunked coding
    drop=1              closed without a byte of answer; reset=1: with a reset
    truncate=1          closed after half of the body, or of the tokens
    garbage=1           answered with what is no HTTP, then closed
    error_at=K          a stream that tells an error after K tokens
    no_done=1           a stream that ends well as HTTP, and without `[DONE]`

Only `POST` is logged; any other method is answered at once with an empty 200. A request body needs a `Content-Length`.
"""
