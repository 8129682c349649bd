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
    "common": "common",
    "common.dependency_manager": "public.dependencies",
    "common.custom_code_ref_resolver": "loading",
    "common.custom_code_ref_resolver.file_loader": "loading",
    "common.custom_code_ref_resolver.function_loader": "loading",
    "common.custom_code_ref_resolver.module_loader": "loading",
    "common.fastapi": "middleware",
    "common.fastapi.config": "environment",
    "common.fastapi.routing": "routing",
    "common.fastapi.utils": "public.serialize",
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
    "common.handler.resolver": "public.resolver",
    "common.handler.spec": "spec",
    "common.handler.spec.parser": "spec",
    "common.transforms": "transforms",
    "common.transforms.base_api_transform": "public.api_transform",
    "common.transforms.base_factory": "public.transform_decorator",
    "common.transforms.defaults_config": "public.defaults_config",
    "common.transforms.utils": "public.values",
    "sagemaker": "sagemaker",
    "sagemaker.config": "environment",
    "sagemaker.handler_resolver": "public.sagemaker_resolver",
    "sagemaker.lora": "adapters",
    "sagemaker.lora.base_lora_api_transform": "public.lora_transforms",
    "sagemaker.lora.constants": "adapters.constants",
    "sagemaker.lora.factory": "adapters.factory",
    "sagemaker.lora.models": "public.lora_models",
    "sagemaker.lora.models.request": "public.lora_models",
    "sagemaker.lora.models.transform": "public.lora_models",
    "sagemaker.lora.routes": "routes",
    "sagemaker.lora.transforms": "public.lora_transforms",
    "sagemaker.lora.transforms.inject_to_body": "public.lora_transforms",
    "sagemaker.lora.transforms.register": "public.lora_transforms",
    "sagemaker.lora.transforms.unregister": "public.lora_transforms",
    "sagemaker.lora.utils": "public.lora_requests",
    "sagemaker.sagemaker_loader": "customer_code",
    "sagemaker.sagemaker_router": "routing",
    "sagemaker.sessions": "sessions",
    "sagemaker.sessions.handlers": "public.session_transform",
    "sagemaker.sessions.manager": "sessions.manager",
    "sagemaker.sessions.models": "sessions.models",
    "sagemaker.sessions.transform": "public.session_transform",
    "sagemaker.sessions.utils": "public.session_transform",
    "supervisor": "supervisor",
    "supervisor.generator": "public.supervisor_config",
    "supervisor.models": "public.supervisor_config",
    "supervisor.scripts": "supervisor",
    "supervisor.scripts.generate_supervisor_config": "supervisor.generate",
    "supervisor.scripts.standard_supervisor": "supervisor.__main__",
}
TABLE: Mapping[str, str] = {
    f"{PACKAGE}.{path}".rstrip("."): f"{HERE}.{here}".rstrip(".") for path, here in PATHS.items()
}
PACKAGES = frozenset(path.rpartition(".")[0] for path in TABLE)
