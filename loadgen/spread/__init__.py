"""One run over many machines, with Locust to bring the machines together.

command     `loadgen --distributed`: starts a Locust master as a child, runs, reports as any run is reported
master      that child: what it is called with, what it is told, how it ends
crew        the run as this process sees it: who has joined, who has which part, when it begins, what came back
engine      the run as another machine sees it: one part, put on by the engine that a single run has
errand      what a machine is given; harvest: what it gives back
gauge       how a part stands, while it goes on; chorus: all of them as one view

Only `locustfile_engine`, `inside_master`, `inside_worker` and `locustfile_users` import Locust, and they are imported
by Locust: its sockets are gevent's, which an engine cannot use. The two in the middle carry bytes to and fro and
understand little of them.
"""
