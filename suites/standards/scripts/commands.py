"""A customer's script whose handler runs the package's supervisor with a command line of the caller's.

It is mounted into a subject and imports nothing but the package, FastAPI and the standard library.
"""

import asyncio
import contextlib
import importlib
import os
import signal
import sys
import tempfile
from pathlib import Path

from fastapi import Request
from model_hosting_container_standards import sagemaker

SUPERVISOR = "model_hosting_container_standards.supervisor.scripts.standard_supervisor"
ENOUGH = b"seatrial-arguments"
PATIENCE, KEPT = 20.0, 4000


def module() -> str:
    """The name by which `python -m` runs the supervisor; empty where there is none."""
    try:
        return importlib.import_module(SUPERVISOR).__name__
    except ImportError:
        return ""


async def supervise(arguments: list[str], env: dict[str, str]) -> dict[str, object]:
    """Run the supervisor until it ends, or until its command has said enough; its exit code and what was written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUPERVISOR_")}
    with tempfile.TemporaryDirectory() as folder:
        kept |= {"SUPERVISOR_CONFIG_PATH": str(Path(folder) / "supervisord.conf"), "STANDARD_AUTO_INSTALL_REQ": "false"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module(), *arguments),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**kept, "PATH": path, **env}, start_new_session=True,
        )  # fmt: skip
        written = b""
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while process.stdout and (line := await process.stdout.readline()):
                    written += line
                    if line.startswith(ENOUGH):
                        process.send_signal(signal.SIGTERM)
                await process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return {"code": await process.wait(), "written": written[-KEPT:].decode("utf-8", "replace")}


@sagemaker.custom_invocation_handler
async def invocations(request: Request) -> dict[str, object]:
    """Run what the body asks for."""
    asked = await request.json()
    if not module():
        return {}
    command = [word.replace("{python}", sys.executable) for word in asked["arguments"]]
    return await supervise(command, asked["env"])
