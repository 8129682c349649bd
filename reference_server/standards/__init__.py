"""The public behaviour of `model-hosting-container-standards`, as an implementation of our own.

What a customer mounts (`model.py`, middleware, adapters, sessions) and what an engine calls, `bootstrap(app)`, runs
here unchanged, for any FastAPI application and for this project's own server. Written from the contract; where
its document and its well-known implementation disagree, the document is kept.

    alias           answers the import paths of the package with these modules (`paths` is the table)
    sagemaker       the decorators that customers and engines import
    environment     the variables, and what they mean by default
    spec, loading   `file.py:name`, `/abs/file.py:name`, `package.module:name`, `model:name`, and their import
    customer_code   the customer's script and the names that variables give
    registry, handlers, resolution   who answers: variable, decorator, function in the script, the engine
    routes, bootstrap                how the answer gets into a FastAPI application
    middleware      throttle outside, pre- and post-processing inside the engine's own layers
    application     the same for an engine that is a plain ASGI application
    public          what the public package has beside its decorators, for those who extend or test it

Importing this package imports neither FastAPI nor Starlette.
"""

# The release whose behaviour is kept; the local part says whose code it is.
__version__ = "0.1.16+seatrial"
