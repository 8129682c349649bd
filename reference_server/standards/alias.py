"""Import paths of `model-hosting-container-standards`, answered by the modules of this package: each exists once.

A script that imports `model_hosting_container_standards.sagemaker` gets the very module object that is known here as
`seatrial.reference_server.standards.sagemaker`: what it registers is registered, what a test patches is patched, and a
reload reloads it. After `install()` this holds also where the other package is installed.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import CodeType, ModuleType

from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.paths import PACKAGE, PACKAGES, TABLE


class AliasLoader(InspectLoader):
    """Gives the module of this package in place of a new one.

    Args:
        target: the name of the module here.
        package: whether the import path has further paths below it.
    """

    def __init__(self, target: str, *, package: bool) -> None:
        self.target = target
        self.package = package
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module, imported under its own name."""
        del spec
        module = importlib.import_module(self.target)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module as it is: the import system has only given it the specification of the alias."""
        module.__spec__ = self._spec
        if self.package and not hasattr(module, "__path__"):
            module.__path__ = []  # without one, nothing below it could be imported

    def is_package(self, fullname: str) -> bool:
        """Return whether there are paths below this one."""
        del fullname
        return self.package

    def get_source(self, fullname: str) -> str | None:
        """Return the source of the module."""
        del fullname
        loader = self._loader()
        return loader.get_source(self.target) if loader else None

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the module, for `python -m`."""
        del fullname
        loader = self._loader()
        return loader.get_code(self.target) if loader else None

    def _loader(self) -> InspectLoader | None:
        # Asked anew: the module itself may have been loaded by a tool that has its source only, as pytest does.
        parent = importlib.import_module(self.target.rpartition(".")[0])
        spec = PathFinder.find_spec(self.target, parent.__path__)
        return spec.loader if spec is not None and isinstance(spec.loader, InspectLoader) else None


class AliasFinder(MetaPathFinder):
    """Finds every path of the package in the table, and refuses the rest."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where an import path leads."""
        del path, target
        if fullname != PACKAGE and not fullname.startswith(f"{PACKAGE}."):
            return None
        if fullname not in TABLE:
            # Searched further, a file here would be imported a second time under this name.
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        package = fullname in PACKAGES
        loader = AliasLoader(TABLE[fullname], package=package)
        return ModuleSpec(fullname, loader, origin=TABLE[fullname], is_package=package)


_finder = AliasFinder()


def install() -> None:
    """Answer the import paths of the package from now on; a second call changes nothing."""
    if _finder in sys.meta_path:
        return
    sys.meta_path.insert(0, _finder)
    foreign = [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]
    for name in foreign:
        del sys.modules[name]
    if foreign:
        logger.error(
            "%s was imported before the alias: what was registered in it is lost, so install the alias first",
            PACKAGE,
        )


def uninstall() -> None:
    """Answer the import paths no longer."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
        for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
            del sys.modules[name]
