"""What the public package has beside its decorators, used by its import paths as engines and tests use it."""

import asyncio
import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

PUBLIC = "model_hosting_container_standards"
IDENTIFIER, ALIAS = "X-Amzn-SageMaker-Adapter-Identifier", "X-Amzn-SageMaker-Adapter-Alias"
SESSION_ID = "X-Amzn-SageMaker-Session-Id"

pytestmark = pytest.mark.usefixtures("fresh")


def public(path: str) -> Any:
    return importlib.import_module(f"{PUBLIC}.{path}")


def request(body: Any = None, path_params: dict[str, str] | None = None, query: str = "", **headers: str) -> Request:
    raw = [(name.lower().replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": query.encode()}
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": sent, "more_body": False}

    return Request({**scope, "path_params": path_params or {}}, receive)


def run(call: Any) -> Any:
    return asyncio.run(call)


async def body_of(given: Request) -> Any:
    return json.loads(await given.body())


# ----------------------------------------------------------------------------------------------------- the transforms


def shouting() -> type:
    base = public("common").BaseApiTransform
    output = public("common").BaseTransformRequestOutput

    class Shouting(base):  # type: ignore[misc]  # known at run time
        async def transform_request(self, raw_request: Request) -> Any:
            found = self._transform_request(json.loads(await raw_request.body()), raw_request)
            return output(request=found, raw_request=raw_request)

        def transform_response(self, response: Response, transform_request_output: Any) -> Any:
            return {**self._transform_response(response), "for": transform_request_output.request["who"]}

    return Shouting


def test_a_class_of_ones_own_changes_requests_and_answers():
    create = public("common.transforms.base_factory").create_transform_decorator

    @create("shout", lambda _: shouting())(
        {"who": 'headers."X-Who"', "deep": {"q": "query_params.q"}}, {"got": "body.a"}
    )
    async def handler(data: SimpleNamespace, raw_request: Request) -> Response:
        return JSONResponse({"a": [data.who, data.deep["q"], raw_request.url.path]})

    assert public("common.handler").handler_registry.get_handler("shout") is handler
    assert run(handler(request({}, query="q=1", X_Who="me"))) == {"got": ["me", "1", "/"], "for": "me"}


def test_without_shapes_a_handler_is_registered_as_it_is():
    async def handler() -> None: ...

    decorated = public("common.transforms.base_factory").create_transform_decorator("plain", lambda _: object)()(
        handler
    )
    assert decorated is handler is public("common.handler").handler_registry.get_handler("plain")


def test_an_abstract_class_cannot_be_used():
    with pytest.raises(TypeError, match="abstract"):
        public("common").BaseApiTransform({})


def test_requests_and_answers_are_documents():
    utils = public("common.fastapi.utils")
    seen = utils.serialize_request({"a": 1}, request(b"other", {"p": "x"}, "q=1", X_A="2"))
    assert (seen["body"], dict(seen["path_params"]), dict(seen["query_params"])) == ({"a": 1}, {"p": "x"}, {"q": "1"})
    assert seen["headers"].get("x-a") == "2"
    assert utils.serialize_request(None, request())["body"] is None
    answered = utils.serialize_response(JSONResponse([1], 201))
    assert (answered["body"], answered["status_code"]) == ([1], 201)
    assert utils.serialize_response(Response("text"))["body"] == "text"
    assert utils.serialize_response(Response())["body"] == {}


def test_a_value_is_set_at_a_path():
    set_value = public("common.transforms.utils").set_value
    assert set_value({"a": {}}, "a.b", 1) == {"a": {"b": 1}}
    assert set_value({}, "a.b", 1, create_parent=True) == {"a": {"b": 1}}
    assert set_value({}, "a.b.c", 1, create_parent=True, max_create_depth=None) == {"a": {"b": {"c": 1}}}
    for path, create in (("a.b", False), ("a.b.c", True)):
        with pytest.raises(KeyError):
            set_value({}, path, 1, create_parent=create)


def test_defaults_are_read_by_their_paths(monkeypatch: pytest.MonkeyPatch):
    config = public("common.transforms.defaults_config").SageMakerTransformsDefaultsConfig
    held = config.from_env()
    monkeypatch.setenv("SAGEMAKER_TRANSFORMS_CREATE_SESSION_DEFAULTS", '{"body.a.b": 1}')
    assert config.from_env().create_session_defaults == {"body.a.b": 1}
    assert (held.create_session_defaults, held.close_session_defaults) == ({}, {})
    held.update_from_env_vars()
    assert held.create_session_defaults == {"body.a.b": 1}


# ------------------------------------------------------------------------------------------------------- the adapters


def transformed(kind: str, shape: dict[str, Any], given: Request, response: Any = None) -> tuple[Any, Any]:
    """What the class of a kind makes of a request and of an answer."""
    transform = public("sagemaker.lora.transforms").resolve_lora_transform(kind)(shape)

    async def both() -> tuple[Any, Any]:
        output = await transform.transform_request(given)
        return output, transform.transform_response(response or Response("engine"), output)

    return run(both())  # type: ignore[no-any-return]  # it is what `both` returns


def test_a_load_is_read_and_answered_by_its_class():
    given = request({"name": "a", "src": "s", "more": 1})
    output, answer = transformed("register_adapter", {"lora": "body.name", "more": "body.more"}, given)
    assert (output.request, output.adapter_name, output.raw_request) == ({"lora": "a", "more": None}, "a", given)
    assert answer.body == b"Adapter a registered"
    _, failed = transformed("register_adapter", {}, request(b"", query="name=a&src=s"), Response("no", 404))
    assert failed.body == b"no"


def test_an_unload_is_read_and_answered_by_its_class():
    output, answer = transformed(
        "unregister_adapter", {"x": "path_params.adapter_name"}, request(b"", {"adapter_name": "a"}, **{ALIAS: "al"})
    )
    assert (output.request, answer.body) == ({"x": "a"}, b"Adapter al unregistered")
    with pytest.raises(HTTPException) as caught:
        transformed("unregister_adapter", {}, request(b""))
    assert caught.value.status_code == 424


def test_an_injection_changes_the_body_by_its_class():
    header = f'headers."{IDENTIFIER}"'
    append = public("sagemaker.lora.models").AppendOperation(separator=":", expression=header)
    given = request({"model": "base", "lora": "x"}, **{IDENTIFIER: "ad"})
    output, answer = transformed("inject_adapter_id", {"model": append, "lora": header}, given)
    assert run(body_of(output.raw_request)) == {"model": "base:ad", "lora": "ad"}
    assert answer.body == b"engine"


def test_other_kinds_have_no_class():
    with pytest.raises(ValueError, match="nothing"):
        public("sagemaker.lora.transforms").resolve_lora_transform("nothing")


def test_requests_about_adapters_are_checked():
    check = public("sagemaker.lora.transforms.register").validate_sagemaker_register_request
    assert check({"name": "a", "src": "s"}).pin is False
    with pytest.raises(HTTPException) as caught:
        check({"name": "a"})
    assert (caught.value.status_code, json.loads(caught.value.detail)[0]["loc"]) == (400, ["src"])


def test_the_path_names_an_adapter_before_the_body_and_the_header():
    utils, models = public("sagemaker.lora.utils"), public("sagemaker.lora.models")

    def name(path: str, body: str | None, **headers: str) -> Any:
        given = request(b"", {"adapter_name": path} if path else {}, **headers)
        output = models.BaseLoRATransformRequestOutput(raw_request=given, adapter_name=body)
        return utils.get_adapter_name_from_request(output)

    header = {IDENTIFIER: "h"}
    found = [name("p", "b", **header), name("", "b", **header), name("", None, **header), name("", None)]
    assert found == ["p", "b", "h", None]


# ------------------------------------------------------------------------------------------------------- the sessions


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("SAGEMAKER_ENABLE_STATEFUL_SESSIONS", "true")
    monkeypatch.setenv("SAGEMAKER_SESSIONS_PATH", str(tmp_path))
    manager = public("sagemaker.sessions.manager")
    yield manager.init_session_manager_from_env()
    monkeypatch.undo()
    manager.init_session_manager_from_env()


def test_the_class_of_sessions_answers_in_place_of_the_handler(sessions: Any):
    own = public("sagemaker.sessions")
    shape = own.build_session_request_shape("meta.id", {"kept": "body.kept"})
    assert shape == {"kept": "body.kept", "meta.id": f'headers."{SESSION_ID}"'}

    @own.create_session_transform_decorator()(shape)
    async def handler(raw_request: Request) -> Any:
        return await body_of(raw_request)

    created = run(handler(request({"requestType": "NEW_SESSION"})))
    session = created.headers["X-Amzn-SageMaker-New-Session-Id"].partition(";")[0]
    assert sessions.get_session(session).session_id == session
    assert run(handler(request({"a": 1}, **{SESSION_ID: session}))) == {"a": 1, "meta": {"id": session}}
    with pytest.raises(HTTPException):
        run(handler(request({"a": 1}, **{SESSION_ID: "unknown"})))


def test_sessions_are_opened_found_and_closed_by_functions(sessions: Any):
    handlers, utils = public("sagemaker.sessions.handlers"), public("sagemaker.sessions.utils")
    kinds = public("sagemaker.sessions.models").SessionRequestType
    create = handlers.get_handler_for_request_type(kinds.NEW_SESSION)
    close = handlers.get_handler_for_request_type(kinds.CLOSE)
    assert (create, close) == (handlers.create_session, handlers.close_session)
    session = run(create(request())).headers["X-Amzn-SageMaker-New-Session-Id"].partition(";")[0]
    named = request(b"", **{SESSION_ID: session})
    assert utils.get_session_id_from_request(named) == session
    assert utils.get_session(sessions, named).session_id == session
    assert run(close(named)).headers["X-Amzn-SageMaker-Closed-Session-Id"] == session
    with pytest.raises(ValueError, match="session not found"):
        utils.get_session(sessions, named)


def test_a_session_is_refused_where_there_are_none():
    utils = public("sagemaker.sessions.utils")
    assert utils.get_session(None, request()) is None
    with pytest.raises(HTTPException) as caught:
        utils.get_session(None, request(b"", **{SESSION_ID: "x"}))
    assert caught.value.detail == public("sagemaker.sessions.models").SESSION_DISABLED_LOG_MESSAGE


# ------------------------------------------------------------------------------------------------------- who answers


def test_a_resolver_of_ones_own_asks_in_order():
    resolver = public("common.handler.resolver")
    registry = public("common.handler").HandlerRegistry()
    named: dict[str, Any] = {}

    class Config(resolver.HandlerConfig):  # type: ignore[misc]  # known at run time
        def get_env_handler(self, handler_type: str) -> Any:
            return named.get(f"env {handler_type}")

        def get_customer_script_handler(self, handler_type: str) -> Any:
            return named.get(f"script {handler_type}")

    asked = resolver.GenericHandlerResolver(Config(), registry)
    assert asked.resolve_handler("ping") is None
    for place, handler in (("script ping", print), ("decorated", len), ("env ping", repr)):
        if place == "decorated":
            registry.set_decorator_handler("ping", handler)
        named[place] = handler
        assert asked.resolve_handler("ping") is handler
    named["env ping"] = "/health"
    assert asked.resolve_handler("ping") is len


def test_overrides_are_registered(site: Any):
    site.write("def custom_sagemaker_ping_handler(): return 'mine'")
    public("sagemaker").register_sagemaker_overrides()
    registry = public("common.handler").handler_registry
    assert registry.get_handler("ping")() == "mine"
    assert registry.get_handler("invoke") is None


def test_conflicts_of_routes_are_told():
    app, router = FastAPI(), APIRouter()
    app.get("/ping")(lambda: None)
    router.get("/ping")(lambda: None)
    router.post("/invocations")(lambda: None)
    assert public("common.fastapi.routing").check_route_conflicts(app, router) == ["GET /ping"]


# ------------------------------------------------------------------------------------- requirements and the supervisor


def test_requirements_are_installed_by_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    manager = public("common.dependency_manager")
    monkeypatch.setenv("PATH", str(tmp_path))
    installer = tmp_path / "python3"
    installer.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/told\ntest -z "$FAIL"\n')
    installer.chmod(0o755)
    assert manager.resolve_python_from_command(["python3", "-m", "server"]) == str(installer)
    assert manager.install_requirements(str(tmp_path), python_executable=str(installer))
    assert not (tmp_path / "told").exists()
    (tmp_path / "needs.txt").write_text("")
    assert manager.install_requirements(str(tmp_path), "needs.txt", python_executable=str(installer))
    assert manager.install_requirements(pip_args="--no-index 'a b'", python_executable=str(installer))
    told = (tmp_path / "told").read_text().splitlines()
    assert told[0].endswith(f"-r {tmp_path}/needs.txt")
    assert told[1].endswith("--no-index a b")
    monkeypatch.setenv("FAIL", "1")
    assert not manager.install_requirements(pip_args="x", python_executable=str(installer))
    assert not manager.install_requirements(pip_args="'", python_executable=str(installer))


@pytest.mark.parametrize(("value", "on"), [(None, True), ("YES", True), ("", False), ("false", False)])
def test_installing_can_be_turned_off(value: str | None, on: bool, monkeypatch: pytest.MonkeyPatch):
    if value is not None:
        monkeypatch.setenv("STANDARD_AUTO_INSTALL_REQ", value)
    assert public("common.dependency_manager").is_auto_install_enabled() is on


def test_a_configuration_is_made_from_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    supervisor, models = public("supervisor"), public("supervisor.models")
    monkeypatch.setenv("PROCESS_MAX_START_RETRIES", "7")
    monkeypatch.setenv("SUPERVISOR_SUPERVISORD_UMASK", "077")
    config = models.parse_environment_variables()
    assert (config.max_start_retries, config.auto_recovery, config.log_level) == (7, True, "info")
    assert config.custom_sections == {"supervisord": {"umask": "077"}}
    path = tmp_path / "new" / "supervisord.conf"
    supervisor.write_supervisord_config(str(path), config, "python -m server --x 1", "llm")
    text = path.read_text()
    lines = ("[program:llm]", "command = python -m server --x 1", "startretries = 7", "umask = 077")
    assert [line for line in lines if line not in text.splitlines()] == []


def test_settings_that_cannot_be_used_are_refused(monkeypatch: pytest.MonkeyPatch):
    supervisor, models = public("supervisor"), public("supervisor.models")
    for command, program in (("", "app"), ("x", " ")):
        with pytest.raises(ValueError, match="empty"):
            supervisor.generate_supervisord_config(supervisor.SupervisorConfig(), command, program)
    monkeypatch.setenv("PROCESS_MAX_START_RETRIES", "101")
    with pytest.raises(supervisor.ConfigurationError):
        models.parse_environment_variables()
