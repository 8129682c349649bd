"""Adapters: chosen by a header, loaded and unloaded while the server runs, found in the model directory at its start.

For an engine or a customer that uses FastAPI (`decorators`):

    inject_adapter_id(adapter_path: str, append: bool = False, separator: str | None = None)   around the handler
    register_load_adapter_handler(request_shape: dict, response_shape: dict | None = None)
    register_unload_adapter_handler(request_shape: dict, response_shape: dict | None = None)
    routes.adapter_routes() -> tuple[AdapterRoute, ...]
        What `bootstrap` mounts: (path, method, endpoint, override); empty where no handler was registered.
        `override` False: a route of the engine's own at that path and method stays.

For a server of plain ASGI (no FastAPI):

    injection.Injection(path="model", append=False, separator=None)            checks its arguments: ValueError
    layer.injection_layer(app: App, injection: Injection, *, limit: int, path: str = "/invocations") -> App
    layer.adapter_layer(app: App, engine: AdapterEngine, *, limit: int = 1 MiB) -> App
        POST /adapters, GET /adapters and DELETE /adapters/{name} in front of `app`.
    startup.load_found(engine: AdapterEngine, model_dir: Path) -> Awaitable[tuple[str, ...]]
        Loads each folder of `<model dir>/adapters/`, in order of their names, and returns these; an adapter that does
        not load raises `AdapterError`: the start is refused.

`AdapterEngine` (in `engine`) has `async load(name, src, *, preload, pin)`, `async unload(name)`, both raising
`AdapterError(status, message)`, and `loaded() -> Mapping[str, str]`, from names to sources.
"""
