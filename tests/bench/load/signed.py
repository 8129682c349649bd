"""What a signed request to a SageMaker endpoint costs: ours with SigV4 through TLS, boto3's without TLS even.

As in `price`, each runs short and long and the difference counts. The endpoint is the ground truth; its Python form
where TLS is wanted, as only that speaks it: the server's own cost is in no figure.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from bench.load.child import SERVER, run
from bench.load.clients import CONNECTIONS, PEERS, ours, scratch
from bench.load.figure import Figure, median, spread
from truth.serve import Form, serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["signed"]

AWS = {"AWS_ACCESS_KEY_ID": "AKIDTRUTH", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
       "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}  # fmt: skip
THREADS = 8


def _certificate(folder: Path) -> Path:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"]
    command += ["key.pem", "-out", "cert.pem", "-days", "1", "-subj", "/CN=truth"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


def _ours(seconds: float) -> tuple[float, int]:
    with scratch() as folder:
        certificate = _certificate(folder)
        with serve(Form.TWIN, SERVER, delay_ms=0, cert=certificate, key=folder / "key.pem") as truth:
            env = {**AWS, "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": truth.url}
            words = ("--insecure", "-d", f"{seconds:g}", "-c", str(CONNECTIONS))
            ran, _ = ours("sagemaker://truth", folder, *words, env=env)
            return ran.cpu, len(truth.stop().requests)


def _boto3(seconds: float) -> tuple[float, int]:
    with serve(Form.C, SERVER, delay_ms=0) as truth:
        command = [sys.executable, str(PEERS / "boto3_threads.py"), truth.url, f"{seconds * 600:.0f}", str(THREADS)]
        ran = run(command, env=AWS)
        return ran.cpu, len(truth.stop().requests)


def _one(client: Callable[[float], tuple[float, int]]) -> float:
    """Microseconds a request, once."""
    (short, few), (long, many) = client(1.0), client(4.0)
    return (long - short) / (many - few) * 1e6


def signed(rounds: int) -> list[Figure]:
    """Measure both in turn, that many times."""
    cost = [(_one(_ours), _one(_boto3)) for _ in range(rounds)]
    words = f"{spread(ours for ours, _ in cost)} us and {spread(theirs for _, theirs in cost)} us"
    what = "CPU of a signed request, loadgen with TLS / boto3 in threads without"
    return [Figure(what, median(a / b for a, b in cost), "times", 1 / 30, 1 / 45, words)]


if __name__ == "__main__":
    for figure in signed(int(sys.argv[1]) if sys.argv[1:] else 1):
        sys.stdout.write(f"{figure}\n")
