"""Workers behind a router that names one of them for each request: the flow of Vast's PyWorker."""
