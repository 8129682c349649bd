"""Variants: one decorated function changes the server at its layer, and every layer is reached."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.serving import PATIENCE, Server, until

from seatrial.reference_server import variants
from seatrial.reference_server.variants import Kind, Layer, VariantError

# A server with one variant a layer, as modules of `mutants/` would hold them.
SCRIPT = '''
import dataclasses, os, signal, sys
from seatrial.reference_server import cli
from seatrial.reference_server.model import InferenceResponse
from seatrial.reference_server.protocols.asgi import reply
from seatrial.reference_server.variants import mutant, oddity

@mutant(kills="a.b", reason="WHY", layer="settings")
def small_bodies(settings):
    """Refuse what is longer than ten bytes."""
    return dataclasses.replace(settings, max_body=10)

@mutant(kills="a.b", reason="WHY", layer="model")
def forgetful(model):
    model.postprocess = lambda outputs, request: InferenceResponse(b"forgotten", "text/plain")
    return model

@mutant(kills="a.b", reason="WHY", layer="asgi")
def teapot(app):
    async def broken(scope, receive, send):
        await reply(send, 418)
    return broken

@mutant(kills="a.b", reason="WHY", layer="wire")
def garbage(protocol):
    class Garbage(protocol):
        def data_received(self, data):
            self.transport.write(b"garbage")
            self.transport.close()
    return Garbage

@mutant(kills="a.b", reason="WHY", layer="process", also=("c.d",))
def deaf(process):
    class Deaf(process):
        def on_signal(self, number, frame):
            sys.stderr.write("heard nothing\\n")
    return Deaf

@oddity(layer="asgi")
def polite(app):
    async def greeting(scope, receive, send):
        async def greet(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-greeting", b"good day"))
            await send(message)
        await app(scope, receive, greet)
    return greeting

sys.exit(cli.main(sys.argv[1:]))
'''


@pytest.fixture
def serve_with(start_cold: Callable[..., Server], tmp_path: Path) -> Callable[..., Server]:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    return lambda *arguments: start_cold("--model", "echo", *arguments, command=(sys.executable, str(script)))


def test_a_mutant_of_the_settings(serve_with: Callable[..., Server]):
    assert serve_with("--mutant", "small-bodies").ready().invoke(b"[1, 2, 3, 4]").status_code == 413


def test_a_mutant_of_the_model_and_an_oddity_together(serve_with: Callable[..., Server]):
    answer = serve_with("--mutant", "forgetful", "--oddity", "polite").ready().invoke(b"[1]")
    assert (answer.text, answer.headers["x-greeting"]) == ("forgotten", "good day")


def test_a_mutant_of_the_application(serve_with: Callable[..., Server]):
    server = serve_with("--mutant", "teapot")
    assert server.ping() == 418


def test_a_mutant_of_the_wire(serve_with: Callable[..., Server]):
    server = serve_with("--mutant", "garbage")
    done = subprocess.run(["curl", "-s", f"{server.url}/ping"], capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode != 0


def test_a_mutant_of_the_process(serve_with: Callable[..., Server]):
    server = serve_with("--mutant", "deaf").ready()
    server.process.send_signal(15)
    until(lambda: "heard nothing" in server.log, "the signal")
    assert server.ping() == 200


def test_the_list_names_every_variant_with_its_facts(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), "list-mutants", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    rows = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert rows["deaf"]["also"] == ["c.d"]
    assert rows["small-bodies"]["summary"] == "Refuse what is longer than ten bytes."
    assert rows["polite"]["kind"] == "oddity"


def test_an_unknown_name_and_a_variant_of_the_image_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(variants, "_registry", dict(variants._registry))  # noqa: SLF001 - left as it was found
    with pytest.raises(VariantError, match="does not exist"):
        variants.find(Kind.MUTANT, "nothing-like-it")

    @variants.mutant(kills="a.b", reason="WHY", layer="image")
    def shell_form(lines: str) -> str:
        return lines + "ENTRYPOINT server\n"

    with pytest.raises(VariantError, match="variant of the image"):
        variants.chosen("shell-form", "")
    found = variants.find(Kind.MUTANT, "shell-form")
    assert variants.apply(Layer.IMAGE, "FROM x\n", [found]) == "FROM x\nENTRYPOINT server\n"
    assert variants.apply(Layer.ASGI, "untouched", [found]) == "untouched"
