"""Faults of where the names of handlers, scripts and the model directory lead."""

from pathlib import Path
from types import ModuleType
from typing import Any

from seatrial.reference_server.mutants.standards_tools import Real, around, change, part
from seatrial.reference_server.protocols.asgi import App, Receive, Scope, Send
from seatrial.reference_server.variants import mutant

SCRIPT_VARIABLE = "CUSTOM_SCRIPT_FILENAME"


@mutant(kills="spec.relative-path", reason="RELATIVE_PATH_LOST", layer="standards",
        also=("spec.model-path",))  # fmt: skip
def looks_in_the_working_directory(package: ModuleType) -> ModuleType:
    """Look for relative files in the working directory."""
    return _find(package, lambda name, _: str(Path.cwd() / name))


@mutant(kills="spec.absolute-path", reason="ABSOLUTE_PATH_LOST", layer="standards")
def puts_the_model_path_before_absolute_ones(package: ModuleType) -> ModuleType:
    """Look for an absolute file below the model directory, unless it stands beside the script."""

    def handler_of(real: Real, code: Any, variable: str) -> Any:
        beside = Path(code.script.__file__).parent if code.script else None
        find = code.loader.files.find

        def prefixed(name: str) -> Any:
            apart = Path(name).is_absolute() and Path(name).parent != beside
            return find(name.lstrip("/") if apart else name)

        code.loader.files.find = prefixed
        return real(code, variable)

    return around(package, "customer_code", "CustomerCode.handler_of", handler_of)


@mutant(kills="spec.module", reason="MODULE_NOT_IMPORTED", layer="standards")
def knows_files_only(package: ModuleType) -> ModuleType:
    """Look for every module as a file of the model directory."""
    errors = part(package, "exceptions")

    def load(_real: Real, _loader: Any, name: str) -> Any:
        raise errors.ModuleLoadError(name, "there is no such file")

    return around(package, "loading", "ModuleLoader.load", load)


@mutant(kills="spec.model-alias", reason="ALIAS_LOST", layer="standards", also=("spec.script-name",))
def alias_is_always_model_py(package: ModuleType) -> ModuleType:
    """Take `model:` for model.py, whatever the script is called."""

    def function_loader(real: Real, environ: Any = None) -> Any:
        loader = real(environ)
        loader.module_aliases = {"model": "model.py"}
        return loader

    return around(package, "customer_code", "function_loader", function_loader)


@mutant(kills="spec.subfolders", reason="SUBFOLDER_LOST", layer="standards")
def drops_steps_upwards(package: ModuleType) -> ModuleType:
    """Leave `..` out of a path."""
    return _find(package, lambda name, _: str(Path(*(step for step in Path(name).parts if step != ".."))))


@mutant(kills="spec.class-method", reason="METHOD_LOST", layer="standards",
        also=("spec.blanks", "spec.script-name"))  # fmt: skip
def knows_no_methods(package: ModuleType) -> ModuleType:
    """Look for `Class.method` as one name."""
    errors = part(package, "exceptions")

    def attribute(_: Real, module: ModuleType, name: str, source: str) -> Any:
        if not hasattr(module, name):
            raise errors.HandlerNotFoundError(name, source)
        return getattr(module, name)

    return around(package, "loading", "attribute", attribute)


@mutant(kills="spec.sibling-modules", reason="SIBLING_IGNORED", layer="standards")
def passes_over_a_module_beside_the_script(package: ModuleType) -> ModuleType:
    """Keep the model directory off sys.path, and take the next source where a module is not found."""
    errors = part(package, "exceptions")
    change(package, "loading", "make_importable", lambda _: lambda _directory: None)

    def handler_of(real: Real, code: Any, variable: str) -> Any:
        try:
            return real(code, variable)
        except errors.ModuleLoadError:
            return None

    return around(package, "customer_code", "CustomerCode.handler_of", handler_of)


@mutant(kills="spec.blanks", reason="BLANKS_KEPT", layer="standards", also=("spec.class-method",))
def keeps_blanks(package: ModuleType) -> ModuleType:
    """Take a value with blanks around it for none that names code."""
    environment = part(package, "environment")

    def value_of(real: Real, variable: str, environ: Any = None) -> str:
        value = environment.current(environ).get(variable, "")
        return "" if value != value.strip() else str(real(variable, environ))

    return around(package, "environment", "value_of", value_of)


@mutant(kills="spec.empty-is-unset", reason="EMPTY_NOT_UNSET", layer="standards")
def refuses_an_empty_variable(package: ModuleType) -> ModuleType:
    """Refuse the start where a variable is set to nothing."""
    environment, errors = part(package, "environment"), part(package, "exceptions")

    def handler_of(real: Real, code: Any, variable: str) -> Any:
        if environment.current(code.environ).get(variable) == "":
            raise errors.InvalidHandlerSpecError("", "expected file.py:name")
        return real(code, variable)

    return around(package, "customer_code", "CustomerCode.handler_of", handler_of)


@mutant(kills="spec.script-name", reason="SCRIPT_NAME_IGNORED", layer="standards")
def takes_absolute_script_names_only(package: ModuleType) -> ModuleType:
    """Load model.py where the variable names a script below the model directory."""

    def script_filename(real: Real, environ: Any = None) -> str:
        name = str(real(environ))
        return name if Path(name).is_absolute() else "model.py"

    return around(package, "environment", "script_filename", script_filename)


@mutant(kills="spec.script-name", reason="DEFAULT_SCRIPT_LOADED_TOO", layer="standards")
def loads_model_py_as_well(package: ModuleType) -> ModuleType:
    """Run model.py beside the script that the variable names."""
    environment = part(package, "environment")

    def load_script(real: Real, code: Any) -> None:
        path = environment.model_path(code.environ) / "model.py"
        if path.is_file():
            code.loader.load_module_from_file(str(path))
        real(code)

    return around(package, "customer_code", "CustomerCode.load_script", load_script)


@mutant(kills="spec.default-script", reason="SCRIPT_NAME_IGNORED", layer="standards")
def needs_the_script_named(package: ModuleType) -> ModuleType:
    """Run no script where no variable names one."""
    environment = part(package, "environment")

    def script_filename(real: Real, environ: Any = None) -> str:
        return str(real(environ)) if SCRIPT_VARIABLE in environment.current(environ) else ""

    return around(package, "environment", "script_filename", script_filename)


@mutant(kills="spec.missing-script", reason="MISSING_SCRIPT_FATAL", layer="standards")
def refuses_a_missing_script(package: ModuleType) -> ModuleType:
    """Refuse the start where the script that the variable names is not there."""
    environment = part(package, "environment")
    change(package, "environment", "has_customer_code", lambda _: lambda _environ=None: True)

    def load_script(real: Real, code: Any) -> None:
        asked = environment.current(code.environ).get(SCRIPT_VARIABLE)
        if asked is not None and environment.script_path(code.environ) is None:
            raise FileNotFoundError(f"{SCRIPT_VARIABLE} is {asked!r}, which is not there")
        real(code)

    return around(package, "customer_code", "CustomerCode.load_script", load_script)


@mutant(kills="spec.model-path", reason="MODEL_PATH_IGNORED", layer="standards", also=("spec.relative-path",))
def model_path_is_fixed(package: ModuleType) -> ModuleType:
    """Look in /opt/ml/model, whatever SAGEMAKER_MODEL_PATH says."""
    return change(package, "environment", "model_path", lambda _: lambda _environ=None: Path("/opt/ml/model"))


@mutant(kills="spec.executed-once", reason="EXECUTED_TWICE", layer="standards")
def runs_a_file_once_for_each_spelling(package: ModuleType) -> ModuleType:
    """Keep loaded files by the name that was asked for."""
    loading = part(package, "loading")
    spelled: dict[str, Any] = {}

    def load(_: Real, files: Any, filename: str) -> Any:
        if filename not in spelled:
            spelled[filename] = loading._run(files.find(filename))  # noqa: SLF001 - past the table of what was run
        return spelled[filename]

    return around(package, "loading", "FileLoader.load", load)


@mutant(kills="spec.executed-at-start", reason="LOADED_LATE", layer="standards")
def runs_the_script_at_the_first_request(package: ModuleType) -> ModuleType:
    """Load a customer's code when somebody asks for something."""

    def wrap(real: Real, engine: App, **options: Any) -> App:
        made: list[App] = []

        async def late(scope: Scope, receive: Receive, send: Send) -> None:
            if not made:
                made.append(real(engine, **options))
            await made[0](scope, receive, send)

        return late

    return around(package, "application", "wrap", wrap)


def _find(package: ModuleType, rename: Any) -> ModuleType:
    """Look for relative files under another name."""

    def find(real: Real, files: Any, filename: str) -> Any:
        name = filename if Path(filename).is_absolute() else rename(filename, files)
        return real(files, name)

    return around(package, "loading", "FileLoader.find", find)
