"""Through TLS the truth is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from truth.match import found, marked_bodies
from truth.observe import load, observe
from truth.serve import serve

from seatrial.loadgen.mistakes import TargetUnreachable

MS = 1_000_000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", "key.pem", "-out", "cert.pem", "-days", "1", "-subj", "/CN=truth"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


def test_every_request_arrives_and_its_times_are_those_of_the_server(certificate: Path, tmp_path: Path):
    file = marked_bodies(tmp_path / "bodies", 100)
    with serve(delay_ms=5, cert=certificate, key=certificate.with_name("key.pem")) as truth:
        seen = observe("-e", truth.url, "--insecure", "-n", "100", "-rps", "100", "--dataset", str(file))
        log = truth.stop()
    requests = found(seen.records, log)
    assert seen.result.requests.succeeded == 100
    late = (seen.records.last - requests.last) / MS
    assert late.min() > -0.1, "read before it was written"
    assert np.median(late) < 0.7
    assert seen.result.fitness.connections == len(log.connections) - 1


def test_every_token_arrives_through_tls(certificate: Path, tmp_path: Path):
    file = marked_bodies(tmp_path / "bodies", 10)
    options = {"cert": certificate, "key": certificate.with_name("key.pem")}
    with serve(tokens=20, ttft_ms=20, itl_ms=5, **options) as truth:
        seen = observe("-e", f"{truth.url}/stream", "--insecure", "-n", "10", "-rps", "20", "--dataset", str(file))
        log = truth.stop()
    assert (found(seen.records, log).tokens == 20).all()
    assert seen.result.streams is not None
    assert seen.result.streams.tokens == 200
    first = np.array([seen.observed.tokens.stamp[at] for at in seen.observed.tokens.offset[:-1]])
    written = np.array([stream[0] for stream in log.streams()[1:]])
    assert np.median(np.sort(first) - np.sort(written)) < 0.7 * MS


def test_an_unknown_certificate_is_said_to_be_the_reason(certificate: Path, tmp_path: Path):
    file = marked_bodies(tmp_path / "bodies", 1)
    with (
        serve(cert=certificate, key=certificate.with_name("key.pem")) as truth,
        pytest.raises(TargetUnreachable, match=r"(?i)tls.*self-signed certificate"),
    ):
        observe("-e", truth.url, "-n", "1", "-rps", "1", "--dataset", str(file))


def test_a_certificate_that_the_system_trusts_is_taken(certificate: Path, tmp_path: Path):
    file = marked_bodies(tmp_path / "bodies", 5)
    with serve(delay_ms=1, cert=certificate, key=certificate.with_name("key.pem")) as truth:
        command = [sys.executable, "-m", "truth.observe", str(tmp_path / "run.npz"), "-e", truth.url]
        command += ["-n", "5", "-rps", "50", "--dataset", str(file)]
        env = {**os.environ, "SSL_CERT_FILE": str(certificate), "PYTHONPATH": str(Path(__file__).parents[2])}
        subprocess.run(command, env=env, check=False)
        log = truth.stop()
    saved = load(tmp_path / "run.npz")
    assert saved.result["requests"]["succeeded"] == len(log.requests) - 1 == 5
    assert (saved.columns["status"] == 200).all()
