"""Adapters: chosen by a header, loaded and unloaded while the server runs, found in the model directory at its start.

For an engine or a customer that uses FastAPI (`decorators`):

    inject_adapter_id(adapter_path: str, append: bool = False, separator: str | None = None)   around the handler
    register_load_adapter_handler(request_shape: dict, response_shape: dict | None = None)
    register_unload_adapter_handler(request_shape: dict, response_shape: dict | None = None)

What was registered stands in `registry.handler_registry` under the kinds of `LoRAHandlerType`; `bootstrap` mounts it.

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

import importlib
from typing import Any

# Names that other modules define; these import FastAPI's foundations, or pydantic.
ELSEWHERE = {
    "inject_adapter_id": "decorators",
    "register_load_adapter_handler": "decorators",
    "register_unload_adapter_handler": "decorators",
    "create_lora_transform_decorator": "factory",
    "AppendOperation": "factory",
    "LoRAHandlerType": "constants",
    "SageMakerLoRAApiHeader": "constants",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for."""
    if name not in ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{ELSEWHERE[name]}"), name)
