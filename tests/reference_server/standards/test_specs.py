"""How a variable names code, where the script is, and that each file is run once and at the start."""

import sys
from pathlib import Path

import pytest
from support.customer_site import Site

from seatrial.reference_server.standards.spec import HandlerSpec, parse_handler_spec

ANSWER = "async def handle(): return {!r}\n"


def answers(site: Site, spec: str):
    site.set(CUSTOM_FASTAPI_PING_HANDLER=spec)
    return site.boot().ping().text.strip('"')


def test_a_relative_file_is_below_the_model_directory(site: Site):
    site.write(ANSWER.format("relative"), "h.py")
    assert answers(site, "h.py:handle") == "relative"


@pytest.mark.parametrize("spec", ["sub/h.py:handle", "sub/../sub/h.py:handle", "  sub/h.py:handle  "])
def test_a_file_in_a_folder_and_blanks_around_it(site: Site, spec: str):
    site.write(ANSWER.format("folder"), "sub/h.py")
    assert answers(site, spec) == "folder"


def test_an_absolute_file_is_used_as_it_is(site: Site, tmp_path: Path):
    (tmp_path / "elsewhere.py").write_text(ANSWER.format("absolute"))
    assert answers(site, f"{tmp_path}/elsewhere.py:handle") == "absolute"


def test_a_module_is_imported_by_name(site: Site, tmp_path: Path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack/handlers_of_a_pack.py").write_text(ANSWER.format("module"))
    site.monkeypatch.syspath_prepend(tmp_path / "pack")
    assert answers(site, "handlers_of_a_pack:handle") == "module"


def test_the_model_directory_is_importable(site: Site):
    site.write(ANSWER.format("sibling"), "a_sibling_of_the_script.py")
    site.write("import a_sibling_of_the_script")
    assert answers(site, "a_sibling_of_the_script:handle") == "sibling"


def test_model_means_the_script_even_where_another_module_is_called_so(site: Site, tmp_path: Path):
    (tmp_path / "model.py").write_text(ANSWER.format("wrong"))
    site.monkeypatch.syspath_prepend(tmp_path)
    site.write(ANSWER.format("script"), "serving.py")
    site.set(CUSTOM_SCRIPT_FILENAME="serving.py")
    assert answers(site, "model:handle") == "script"


def test_a_static_method_of_a_class_answers(site: Site):
    site.write("class Of:\n    @staticmethod\n    async def handle(): return 'method'")
    assert answers(site, "model.py:Of.handle") == "method"


@pytest.mark.parametrize("spec", ["", "   ", "name", "model.py:", "model.py:a:b", "/health"])
def test_a_value_that_names_no_code_is_no_source(site: Site, spec: str):
    site.write("async def custom_sagemaker_ping_handler(): return 'next'")
    assert answers(site, spec) == "next"


@pytest.mark.parametrize("name", ["x.py", "sub/x.py"])
def test_another_script_is_run_instead_of_model_py(site: Site, name: str):
    site.write("async def custom_sagemaker_ping_handler(): return 'model.py'")
    site.write("async def custom_sagemaker_ping_handler(): return 'other'", name)
    site.set(CUSTOM_SCRIPT_FILENAME=name)
    assert site.boot().ping().text == '"other"'


@pytest.mark.parametrize("name", ["missing.py", ""])
def test_no_script_is_no_error(site: Site, name: str):
    site.write("async def custom_sagemaker_ping_handler(): return 'model.py'")
    site.set(CUSTOM_SCRIPT_FILENAME=name)
    assert site.boot().ping().text == "engine"


def test_an_empty_model_path_is_the_working_directory(site: Site, tmp_path: Path):
    site.write("async def custom_sagemaker_ping_handler(): return 'here'", f"{tmp_path}/model.py")
    site.set(SAGEMAKER_MODEL_PATH="")
    assert site.boot().ping().text == '"here"'


def test_a_script_is_run_once_at_the_start_whatever_names_it(site: Site):
    path = site.write("import sys; sys.runs = getattr(sys, 'runs', 0) + 1\nasync def f(r, n): return await n(r)")
    site.write(f"import sys; sys.runs_of_other = 1\n{ANSWER.format('x')}", "other.py")
    site.set(CUSTOM_FASTAPI_MIDDLEWARE_THROTTLE=f"{path}:f", CUSTOM_FASTAPI_MIDDLEWARE_PRE_POST_PROCESS="model:f")
    site.set(CUSTOM_FASTAPI_INVOCATION_HANDLER="../model/model.py:f", CUSTOM_FASTAPI_PING_HANDLER="other.py:handle")
    site.monkeypatch.setattr(sys, "runs", 0, raising=False)
    site.monkeypatch.setattr(sys, "runs_of_other", 0, raising=False)
    site.boot()
    assert (sys.runs, sys.runs_of_other) == (1, 1)


def test_dataclasses_of_a_script_know_their_module(site: Site):
    site.write(
        """
        from __future__ import annotations
        import dataclasses, pickle
        @dataclasses.dataclass
        class Answer:
            text: str
        @sagemaker.custom_ping_handler
        async def ping() -> Answer:
            return pickle.loads(pickle.dumps(Answer("kept")))
        """.replace("\n        ", "\n").replace("from __future__ import annotations\n", "")
    )
    assert site.boot().ping().json() == {"text": "kept"}


@pytest.mark.parametrize(
    ("spec", "file", "module", "function"),
    [
        ("a/b.py:f", "a/b.py", None, "f"),
        ("a.b:C.f", None, "a.b", "C.f"),
        ("/a.py:f", "/a.py", None, "f"),
        ("nonsense", None, None, None),
    ],
)
def test_a_specification_is_taken_apart(spec: str, file: str | None, module: str | None, function: str | None):
    parsed = HandlerSpec(spec)
    assert (parsed.file_path, parsed.module_name, parsed.function_name) == (file, module, function)
    assert parsed.is_class_method == ("." in (function or ""))


def test_nothing_said_is_no_specification():
    assert (parse_handler_spec(None), parse_handler_spec(" ")) == (None, None)
