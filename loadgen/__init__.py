"""The load generator, usable alone: `loadgen -n 1000 -rps 0.5 -e http://127.0.0.1:8080`.

What it reports is what the server did; where it cannot be sure of that, it says so and calls the run INVALID.

    options ─→ schedule ─→ engine ─→ record ─→ measure ─→ judge ─→ render
               (when)      (send,    (five     (percen-   (is the  (live, text,
                            stamp)    times)    tiles)     run      JSON, CSV,
                                                           fit?)    HTML)

* `schedule` makes the whole array of intended times before the run, from a seed.
* `engine` sends each request at its time and stamps what comes back; it parses nothing that can wait.
* `record` holds one row a request, as columns, in memory that the processes of a run share.
* `measure`, `judge` and `render` come after the run and never touch a socket.
"""
