"""Requests and answers change their shape between the platform and an engine.

shapes      JMESPath expressions over `{"body", "headers", "path_params", "query_params"}`
bodies      JSON bodies: reading one, setting a value at a dotted path, writing it back
refusals    what a caller is told when a request cannot be used: a status and one text
defaults    values of the variables SAGEMAKER_TRANSFORMS_*, set in requests to engines
callers     how a handler is called: with the data, the request or both; in a thread if it is no coroutine
requests    the same requests as Starlette's objects; only this one and `callers` import Starlette
asgi        the same requests as plain ASGI: a body that is read, changed and given on
"""
