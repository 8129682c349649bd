"""A supervisor that needs no other program: `standard-supervisor COMMAND…` and `generate-supervisor-config`.

    settings   what the variables ask for
    telling    its lines in the log
    family     one process group: started, waited for, signalled, left without orphans
    loop       restart, back off, give up, drain
    ini        the same settings as a configuration file of supervisord
    command    `standard-supervisor`: requirements first, then supervised or in place
    generate   `generate-supervisor-config`

Where the public document and its implementation disagree the document wins: it gives up with exit code 1 instead of
idling, it waits for a drain as long as the platform does, and every byte of an argument arrives.
"""
