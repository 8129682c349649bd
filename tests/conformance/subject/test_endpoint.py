from __future__ import annotations

import pytest

from seatrial.conformance.subject.endpoint import EndpointLauncher
from seatrial.conformance.subject.launcher import Address, LaunchSpec, SubjectError


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("http://localhost:9000/", Address("localhost", 9000)),
        ("https://models.example/v1/", Address("models.example", 443, tls=True, path="/v1")),
        ("http://[::1]:8080", Address("::1", 8080)),
    ],
)
def test_a_url_becomes_an_address(url: str, address: Address):
    assert EndpointLauncher(url).launch(LaunchSpec()).address == address


def test_an_ipv6_address_is_written_as_a_url():
    assert str(Address("::1", 8080)) == "http://[::1]:8080"


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8080", "ftp://host", "http://", "http://h:port", "http://u:p@h/", "http://h/?a"]
)
def test_what_cannot_be_called_is_the_users_mistake(url: str):
    with pytest.raises(SubjectError, match=r"^--endpoint .*expected http://HOST:PORT"):
        EndpointLauncher(url).prepare()


def test_an_endpoint_that_nobody_serves_is_no_mistake():
    launcher = EndpointLauncher("http://127.0.0.1:9")
    launcher.prepare()
    instance = launcher.launch(LaunchSpec())
    assert instance.state().running
    assert launcher.abilities == frozenset()
    instance.stop()
    launcher.close()


def test_a_signal_to_an_endpoint_is_a_mistake_of_ours():
    with pytest.raises(RuntimeError, match="ability signals"):
        EndpointLauncher("http://127.0.0.1:9").launch(LaunchSpec()).signal(15)
