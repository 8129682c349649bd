"""What the public package has beside its decorators, for those who extend or test it; no server of ours uses it.

api_transform        the class behind every decorator that changes requests, to be subclassed
transform_decorator  a decorator made from such a class
serialize, values    a request or an answer as a document, a value at a path of one
lora_models, lora_requests, lora_transforms   the same for adapters
session_transform    the same for sessions
defaults_config      the values of SAGEMAKER_TRANSFORMS_*
resolver, sagemaker_resolver   who answers, in steps that can be replaced
dependencies         requirements, installed by a call
supervisor_config    the settings of a supervisor, and its configuration file
"""
