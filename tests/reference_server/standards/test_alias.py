"""A module that customers import by the public name is the module of this package, once."""

import importlib
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from seatrial.reference_server.standards import alias, handlers, logging_config, paths, registry, sagemaker

PUBLIC = "model_hosting_container_standards"


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("path", sorted(paths.TABLE))
def test_a_path_leads_to_the_module_itself(path: str):
    module = importlib.import_module(path)
    assert module is sys.modules[paths.TABLE[path]]
    assert (module.__name__, module.__spec__.name) == (paths.TABLE[path], paths.TABLE[path])


@pytest.mark.usefixtures("fresh")
def test_a_path_that_does_not_exist_is_not_found_elsewhere():
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'model_hosting_container_standards\.alias'"):
        importlib.import_module(f"{PUBLIC}.alias")


@pytest.mark.usefixtures("fresh")
def test_what_a_script_registers_is_registered_here():
    public = importlib.import_module(f"{PUBLIC}.sagemaker")

    @public.custom_ping_handler
    async def ping() -> None: ...

    assert importlib.import_module(f"{PUBLIC}.common.handler").handler_registry is registry.handler_registry
    assert registry.handler_registry.get_decorator_handler("ping") is ping


@pytest.mark.usefixtures("fresh")
def test_a_patch_by_the_public_name_reaches_what_runs_here():
    with mock.patch(f"{PUBLIC}.common.handler.registry.handler_registry", registry.HandlerRegistry()) as stand_in:
        handlers.register_handler("ping")(print)
    assert stand_in.get_framework_default("ping") is print
    assert registry.handler_registry.get_framework_default("ping") is None


@pytest.mark.usefixtures("fresh")
def test_a_reload_is_a_reload_of_the_one_module():
    module = importlib.import_module(f"{PUBLIC}.logging_config")
    assert importlib.reload(module) is module is logging_config
    assert sys.modules[f"{PUBLIC}.logging_config"] is logging_config
    assert [type(handler).__name__ for handler in logging_config.logger.handlers].count("_Stdout") == 1


@pytest.mark.usefixtures("fresh")
def test_python_m_runs_a_module_by_its_public_name():
    names = runpy.run_module(f"{PUBLIC}.exceptions", run_name="__main__")
    assert names["__name__"] == "__main__"
    assert issubclass(names["HandlerNotFoundError"], names["HandlerResolutionError"])


@pytest.mark.usefixtures("fresh")
def test_python_m_runs_the_supervisor_by_its_public_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["standard-supervisor"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"{PUBLIC}.supervisor.scripts.standard_supervisor", run_name="__main__")
    assert ended.value.code == 1


@pytest.mark.usefixtures("fresh")
def test_python_m_writes_a_configuration_by_the_public_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sys, "argv", ["generate-supervisor-config", "-o", str(tmp_path / "conf"), "python", "-V"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"{PUBLIC}.supervisor.scripts.generate_supervisor_config", run_name="__main__")
    assert ended.value.code == 0
    assert "command = python -V" in (tmp_path / "conf").read_text()


def test_the_alias_wins_over_an_installed_package(tmp_path: Path):
    package = tmp_path / PUBLIC
    package.mkdir()
    (package / "__init__.py").write_text("installed = True")
    (package / "sagemaker.py").write_text("installed = True")
    program = f"""
import {PUBLIC}.sagemaker
assert {PUBLIC}.sagemaker.installed
from seatrial.reference_server.standards import alias
alias.install()
alias.install()
import {PUBLIC}.sagemaker as public
import seatrial.reference_server.standards.sagemaker as ours
print(public is ours, [type(finder).__name__ for finder in sys.meta_path].count("AliasFinder"))
"""
    ended = subprocess.run(
        [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1])" + program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.splitlines()[-1] == "True 1"
    assert "was imported before the alias" in ended.stdout


def test_installing_the_alias_imports_no_framework():
    program = (
        "import sys; from seatrial.reference_server.standards import alias, application; alias.install();"
        f"import {PUBLIC}.logging_config, {PUBLIC}.config, {PUBLIC}.exceptions;"
        "print([name for name in ('fastapi', 'starlette', 'pydantic') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.usefixtures("fresh")
def test_every_public_name_exists():
    assert [
        name for name in sagemaker.__all__ if name not in sagemaker.ELSEWHERE and not hasattr(sagemaker, name)
    ] == []


@pytest.mark.usefixtures("fresh")
def test_the_alias_can_be_taken_away():
    importlib.import_module(f"{PUBLIC}.sagemaker")
    alias.uninstall()
    assert [name for name in sys.modules if name.startswith(PUBLIC)] == []
