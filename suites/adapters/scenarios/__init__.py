"""Imports every module of scenarios of this profile, which registers them. They are driven in alphabetical order."""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
