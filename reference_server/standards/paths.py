"""The import paths of `model-hosting-container-standards`, each with the module here that answers it.

One line a path. A path of the package that is missing here does not exist. Several paths may name the same module.
"""

from collections.abc import Mapping

PACKAGE = "model_hosting_container_standards"
HERE = "seatrial.reference_server.standards"

# Below the two packages; the package itself is the empty path.
PATHS: Mapping[str, str] = {
    "": "",
    "config": "environment",
    "exceptions": "exceptions",
    "logging_config": "logging_config",
    "utils": "routing",
    "common": "common",
    "common.custom_code_ref_resolver": "loading",
    "common.custom_code_ref_resolver.file_loader": "loading",
    "common.custom_code_ref_resolver.function_loader": "loading",
    "common.custom_code_ref_resolver.module_loader": "loading",
    "common.fastapi": "middleware",
    "common.fastapi.config": "environment",
    "common.fastapi.routing": "routing",
    "common.fastapi.middleware": "middleware",
    "common.fastapi.middleware.core": "middleware.stack",
    "common.fastapi.middleware.decorators": "middleware.decorators",
    "common.fastapi.middleware.registry": "middleware.registry",
    "common.fastapi.middleware.source": "middleware.sources",
    "common.fastapi.middleware.source.base": "middleware.formatters",
    "common.fastapi.middleware.source.decorator_loader": "middleware.decorators",
    "common.fastapi.middleware.source.environment_loader": "middleware.environment",
    "common.handler": "handlers",
    "common.handler.decorators": "handlers",
    "common.handler.registry": "registry",
    "common.handler.resolver": "resolution",
    "common.handler.spec": "spec",
    "common.handler.spec.parser": "spec",
    "sagemaker": "sagemaker",
    "sagemaker.config": "environment",
    "sagemaker.handler_resolver": "resolution",
    "sagemaker.lora": "adapters",
    "sagemaker.lora.constants": "adapters.constants",
    "sagemaker.lora.factory": "adapters.factory",
    "sagemaker.lora.models": "adapters.factory",
    "sagemaker.lora.models.request": "adapters.models",
    "sagemaker.lora.models.transform": "adapters.factory",
    "sagemaker.lora.routes": "routes",
    "sagemaker.sagemaker_loader": "customer_code",
    "sagemaker.sagemaker_router": "routing",
    "sagemaker.sessions": "sessions",
    "sagemaker.sessions.manager": "sessions.manager",
    "sagemaker.sessions.models": "sessions.models",
    "supervisor": "supervisor",
    "supervisor.scripts": "supervisor",
    "supervisor.scripts.generate_supervisor_config": "supervisor.generate",
    "supervisor.scripts.standard_supervisor": "supervisor.__main__",
}
TABLE: Mapping[str, str] = {
    f"{PACKAGE}.{path}".rstrip("."): f"{HERE}.{here}".rstrip(".") for path, here in PATHS.items()
}
PACKAGES = frozenset(path.rpartition(".")[0] for path in TABLE)
