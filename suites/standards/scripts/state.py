"""An echo behind the session layer and the adapter layer, and adapters that are kept in a dictionary.

The request's header `X-Seatrial-Case` chooses which decorated function answers, so that one start shows them all.
"""

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fastapi
import model_hosting_container_standards.sagemaker as sagemaker_standards
import starlette
from fastapi import HTTPException, Request, Response
from model_hosting_container_standards.common.fastapi.middleware import custom_middleware

Handler = Callable[[Request], Awaitable[Response]]

ALIAS = 'headers."X-Amzn-SageMaker-Adapter-Alias"'
CASE, NONCE = "x-seatrial-case", os.environ.get("SEATRIAL_NONCE", "")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


sys.stderr.write(
    f"seatrial-trial {NONCE} fastapi={fastapi.__version__} starlette={starlette.__version__}"
    f" standards={_version('model-hosting-container-standards')}\n"
)
sys.stderr.flush()


@custom_middleware("throttle")
async def stamp(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Prove that this script was loaded."""
    response = await call_next(request)
    response.headers["X-Seatrial-Nonce"] = NONCE
    return response


def answer(value: object, status: int = 200) -> Response:
    """Give back a value as JSON."""
    return Response(json.dumps(value), status_code=status, media_type="application/json")


# ---------------------------------------------------------------------------------------------------------- the echoes


async def echo(request: Request) -> Response:
    """Show what a handler behind the layers gets."""
    body = await request.body()
    return answer({"echo": body.decode("utf-8", "replace"), "pid": os.getpid()})


def echo_behind(*layers: Callable[[Handler], Handler]) -> Handler:
    """Return an echo of its own behind some layers, the outermost first."""

    async def innermost(request: Request) -> Response:
        return await echo(request)

    handler: Handler = innermost
    for layer in reversed(layers):
        handler = layer(handler)
    return handler


session, inject = sagemaker_standards.stateful_session_manager, sagemaker_standards.inject_adapter_id
CASES: dict[str, Handler] = {
    "": echo_behind(session(), inject("model")),
    "append": echo_behind(session(), inject("model", append=True, separator=":")),
    "append-bare": echo_behind(session(), inject("model", append=True, separator="")),
    "nested": echo_behind(session(), inject("cfg.lora")),
    "nested-append": echo_behind(session(), inject("cfg.lora", append=True, separator=":")),
    "plain": echo,
    "id": echo_behind(session(engine_request_session_id_path="session_id")),
    "id-nested": echo_behind(session(engine_request_session_id_path="meta.session_id")),
    "id-deep": echo_behind(session(engine_request_session_id_path="a.b.session_id")),
}

# ------------------------------------------------------------------------------------- decorations that must be refused

WRONG: dict[str, tuple[Any, dict[str, Any]]] = {
    "empty path": ("", {}),
    "path that is no string": (5, {}),
    "append without separator": ("model", {"append": True}),
    "separator without append": ("model", {"separator": ":"}),
}


def outcome_of(path: Any, given: dict[str, Any]) -> str:
    """Return the name of the exception with which a decoration is refused, or nothing."""
    try:
        echo_behind(inject(path, **given))
    except Exception as error:  # noqa: BLE001  which one it is, is what is asked
        return type(error).__name__
    return ""


REFUSALS = {name: outcome_of(path, given) for name, (path, given) in WRONG.items()}


async def refusals(request: Request) -> Response:
    """Tell how wrong decorations were refused."""
    del request
    return answer(REFUSALS)


# --------------------------------------------------------------------------------------------------------- the storage


def roots() -> dict[str, Path]:
    """Return the folders in which sessions may be kept."""
    return {
        "given": Path(os.environ.get("SAGEMAKER_SESSIONS_PATH") or "/nonexistent"),
        "shm": Path("/dev/shm/sagemaker_sessions"),  # noqa: S108  the place that the contract names
        "tmp": Path(tempfile.gettempdir()) / "sagemaker_sessions",
    }


def kept(root: Path, sessions: list[str]) -> dict[str, str]:
    """Return those of some sessions that a folder holds, each with what its `.expiration_ts` says."""
    stamps = {name: root / name / ".expiration_ts" for name in sessions if name and (root / name).exists()}
    return {name: file.read_text() if file.is_file() else "" for name, file in stamps.items()}


def empty(root: Path) -> None:
    """Remove everything that a folder holds."""
    for entry in root.iterdir() if root.is_dir() else ():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


async def storage(request: Request) -> Response:
    """Look for some sessions where they may be kept, or spoil or remove what is there, as the body says."""
    asked = await request.json()
    given = roots()["given"]
    if asked.get("stray"):
        (given / asked["stray"]).write_text("no session")
    if asked.get("delete"):
        shutil.rmtree(given / asked["delete"], ignore_errors=True)
    if asked.get("forget"):
        empty(given)
    if asked.get("leave_nothing"):
        empty(given)
        with contextlib.suppress(OSError):
            os.removedirs(given)
    shm = Path("/dev/shm")  # noqa: S108  the place that the contract names
    return answer(
        {
            "now": time.time(),
            "shm_usable": os.access(shm, os.R_OK | os.W_OK),
            "exists": {name: root.is_dir() for name, root in roots().items()},
            "kept": {name: kept(root, asked.get("sessions", [])) for name, root in roots().items()},
        }
    )


async def leave(request: Request) -> Response:
    """End this process at once, so that whoever supervises it starts it again."""
    del request
    os._exit(3)


CASES |= {"storage": storage, "refusals": refusals, "leave": leave}


@sagemaker_standards.custom_invocation_handler
async def invoke(request: Request) -> Response:
    """Answer as the case asks."""
    return await CASES[request.headers.get(CASE, "")](request)


# -------------------------------------------------------------------------------------------------------- the adapters

SHAPE = {
    "name": "body.name",
    "src": "body.src",
    "preload": "body.preload",
    "pin": "body.pin",
    "unknown": "body.unknown",
    "alias": ALIAS,
    "query": "query_params.q",
    "nested": {"name": "body.name", "alias": ALIAS},
}
loaded: dict[str, str] = {}


def plain(value: Any) -> Any:
    """Return namespaces as dictionaries."""
    if isinstance(value, SimpleNamespace):
        return {name: plain(inner) for name, inner in vars(value).items()}
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return value


@sagemaker_standards.register_load_adapter_handler(request_shape=SHAPE, response_shape={"ignored": "body.ignored"})
async def load(data: SimpleNamespace, request: Request) -> Any:
    """Keep an adapter, or misbehave as its name asks."""
    del request
    name = data.name
    if name.startswith("show-"):
        return answer(plain(data), 418)
    if name.startswith("created-"):
        return answer({"engine": "created"}, 201)
    if name.startswith("dict-"):
        return {"engine": "a dictionary"}
    if name.startswith("missing-"):
        return answer({"engine": "no such path"}, 404)
    if name in loaded:
        raise HTTPException(400, f"{name} is loaded")
    loaded[name] = data.src
    return Response("engine body", headers={"X-Seatrial-Engine": "1"})


@sagemaker_standards.register_unload_adapter_handler(
    request_shape={"name": "path_params.adapter_name"}, response_shape={}
)
async def unload(data: SimpleNamespace, request: Request) -> Response:
    """Give an adapter up."""
    del request
    if loaded.pop(data.name, None) is None:
        raise HTTPException(404, f"{data.name} is not loaded")
    return Response("engine body", headers={"X-Seatrial-Engine": "1"})
