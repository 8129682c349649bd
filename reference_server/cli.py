"""The command line: `serve`, `train-sample` and `list-mutants`."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from seatrial.reference_server import logs, supervision, variants
from seatrial.reference_server.process import ServerProcess
from seatrial.reference_server.settings import OPTIONS, SettingError, load
from seatrial.reference_server.variants import Kind, Layer, VariantError
from seatrial.reference_server.workers import Crew

USER_MISTAKE = 2
RECIPES = {"llm": "llm_files"}
"""Modules of samples that write a backend's own; `train` writes those of the others."""


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; `serve` ends the process itself."""
    given = _parser().parse_args(arguments)
    given.arguments = tuple(arguments)
    try:
        code: int = given.run(given)
    except (SettingError, VariantError) as error:
        sys.stderr.write(f"seatrial.reference_server: {error}\n")
        return USER_MISTAKE
    return code


def serve(given: argparse.Namespace) -> int:
    """Serve until stopped; where a customer asks for it, as the child of a supervisor."""
    settings = load(vars(given), os.environ)
    chosen = variants.chosen(settings.mutant, settings.oddity)
    settings = variants.apply(Layer.SETTINGS, settings, chosen)
    os.environ.setdefault("SAGEMAKER_MODEL_PATH", str(settings.model_dir))  # a customer's code lies beside the model
    if supervision.is_asked_for(os.environ):
        supervision.begin(given.arguments, settings)
    variants.apply_to_standards(chosen)
    process = variants.apply(Layer.PROCESS, ServerProcess, chosen)
    code = (Crew(process, settings, chosen) if settings.workers > 1 else process(settings, chosen)).run()
    logs.flush()
    os._exit(code)  # a worker may hang in foreign code: the interpreter would wait for it, or crash on it


def train_sample(given: argparse.Namespace) -> int:
    """Write the sample model into a folder."""
    # The import is late: it brings scikit-learn or XGBoost.
    recipe = importlib.import_module(f"seatrial.reference_server.samples.{RECIPES.get(given.backend, 'train')}")
    path: Path = recipe.train(given.out, backend=given.backend, suffix=given.format, seed=given.seed)
    if given.requests is not None:
        recipe.write_requests(given.requests, given.seed)
    sys.stdout.write(f"{path}\n")
    return 0


def list_mutants(given: argparse.Namespace) -> int:
    """Print every mutant and oddity, one a line or as JSON lines."""
    for kind in Kind:
        for variant in variants.every(kind):
            facts = asdict(variant)
            del facts["change"]
            row = f"{kind:8}{variant.name:40}{variant.layer:10}{variant.kills or '-':40}{variant.summary}"
            sys.stdout.write((json.dumps(facts) if given.json else row) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="seatrial.reference_server", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_serve(commands.add_parser("serve", help="serve a model until stopped"))
    _add_train(commands.add_parser("train-sample", help="write the sample model"))
    listing = commands.add_parser("list-mutants", help="name every mutant and oddity")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    listing.set_defaults(run=list_mutants)
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    for option in OPTIONS:
        help_text = f"{option.help}; environment: {option.variable}"
        parser.add_argument(option.flag, dest=option.field, metavar="VALUE", help=help_text)
    parser.set_defaults(run=serve)


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write the model into")
    parser.add_argument("--backend", choices=("sklearn", "xgboost", "llm"), default="sklearn")
    parser.add_argument("--format", help="file type: skops, joblib, pkl; json, ubj (default: skops or ubj)")
    parser.add_argument("--seed", type=int, default=20, help="seed of the table and of the training (default: 20)")
    parser.add_argument("--requests", type=Path, metavar="DIR", help="also write requests for a trial into this folder")
    parser.set_defaults(run=train_sample)
