"""Credentials, region and host come from botocore's chain, and stay fresh beside the load."""

from __future__ import annotations

import shlex
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from support.loopback import Handler, serving
from support.waiting import wait_until

from seatrial.loadgen.mistakes import UsageError
from seatrial.loadgen.sagemaker.credentials import KeyKeeper, find_host, find_keys, find_region, open_session
from seatrial.loadgen.sagemaker.runtime import Runtime
from seatrial.loadgen.sagemaker.sigv4 import Keys
from seatrial.loadgen.sagemaker.traffic import SageMakerTraffic
from seatrial.loadgen.target.factory import build_traffic
from seatrial.loadgen.target.parse import parse_target
from seatrial.loadgen.target.values import SageMakerTarget
from seatrial.loadgen.traffic import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROCESS = """
import json, pathlib, sys, time
from datetime import datetime, timedelta, timezone
folder, minutes = pathlib.Path(sys.argv[1]), float(sys.argv[2])
with (folder / "calls").open("a") as calls:
    calls.write("x")
number = len((folder / "calls").read_text())
deadline = time.monotonic() + 20
while (folder / "hang").exists() and time.monotonic() < deadline:
    time.sleep(0.01)
if (folder / "broken").exists():
    sys.exit("the vault is\\n  closed")
expiry = (datetime.now(timezone.utc) + timedelta(minutes=minutes)).isoformat()
print(json.dumps({"Version": 1, "AccessKeyId": f"ASIA{number}", "SecretAccessKey": "s", "SessionToken": f"t{number}",
                  "Expiration": expiry}))
"""
STS = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>
<Expiration>{expiry}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""

STS_REFUSAL = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not\nyours</Message></Error></ErrorResponse>"


def by_process(folder: Path, minutes: float) -> None:
    """Let the default profile take its keys from a process, valid for so long."""
    (folder / "keys.py").write_text(PROCESS)
    command = shlex.join([sys.executable, str(folder / "keys.py"), str(folder), str(minutes)])
    (folder / "config").write_text(f"[default]\nregion = eu-west-3\ncredential_process = {command}\n")


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A token service on loopback; what it was asked."""
    asked: list[bytes] = []

    class Service(Handler):
        def post(self) -> None:
            asked.append(self.body())
            if b"forbidden-role" in asked[-1]:
                self.answer(403, STS_REFUSAL, "text/xml")
            else:
                expiry = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
                self.answer(200, STS.format(expiry=expiry).encode(), "text/xml")

    with serving(Service) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
        yield asked


def test_keys_of_the_environment_are_found(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert find_keys(open_session()).keys == Keys("AKID", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    assert find_keys(open_session()).keys == Keys("AKID", "secret", "token")


def test_keys_and_region_of_a_profile_are_found(aws: Path, monkeypatch: pytest.MonkeyPatch):
    (aws / "credentials").write_text("[team]\naws_access_key_id = AKIDTEAM\naws_secret_access_key = s\n")
    (aws / "config").write_text("[profile team]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_PROFILE", "team")
    session = open_session()
    assert find_keys(session).keys == Keys("AKIDTEAM", "s")
    assert find_region(session, None) == "ap-south-1"


def test_a_role_of_the_profile_is_assumed(aws: Path, sts: list[bytes]):
    (aws / "config").write_text(
        "[default]\nrole_arn = arn:aws:iam::1:role/load\nsource_profile = base\nregion = eu-west-3\n"
        "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n"
    )
    assert find_keys(open_session()).keys == Keys("ASIAROLE", "role-secret", "role-token")
    assert b"Action=AssumeRole" in sts[0]


def test_a_role_that_cannot_be_assumed_is_told_in_one_line(aws: Path, sts: list[bytes]):
    (aws / "config").write_text(
        "[default]\nrole_arn = arn:aws:iam::1:role/forbidden-role\nsource_profile = base\nregion = eu-west-3\n"
        "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n"
    )
    with pytest.raises(UsageError, match=r"AccessDenied.*not yours") as told:
        find_keys(open_session())
    assert "\n" not in str(told.value)
    assert sts


def test_keys_are_renewed_beside_the_load_without_making_it_wait(aws: Path):
    by_process(aws, minutes=5)  # less than the 15 minutes before the end from which on botocore renews
    keeper = find_keys(open_session(), every=0.01)
    found = keeper.keys
    keeper.watch()
    assert keeper.keys != found  # each process begins with fresh keys
    (aws / "hang").touch()
    calls = (aws / "calls").read_text()
    wait_until(lambda: (aws / "calls").read_text() > calls, "another call of the process")
    before = keeper.keys  # the process hangs, and nobody waits for it
    (aws / "hang").unlink()
    wait_until(lambda: keeper.keys != before, "fresh keys")
    assert keeper.keys.token == keeper.keys.access.replace("ASIA", "t")


def test_requests_are_signed_with_the_fresh_keys(aws: Path):
    by_process(aws, minutes=5)
    keeper = find_keys(open_session(), every=0.01)
    runtime = Runtime("http://127.0.0.1:9", Authority("127.0.0.1", 9), "eu-west-3", keeper)
    ours = SageMakerTraffic(SageMakerTarget("e"), [b"{}"], ["application/json"], runtime=runtime)
    before = credential(ours.first(0, 0))
    assert before.startswith(b"ASIA")
    ours.begin()
    wait_until(lambda: credential(ours.first(0, 0)) != before, "a request signed with other keys")


def test_keys_that_cannot_be_renewed_are_used_on(aws: Path):
    by_process(aws, minutes=5)
    keeper = find_keys(open_session(), every=0.01)
    (aws / "broken").touch()
    before = keeper.keys
    keeper.watch()
    wait_until(lambda: keeper.failure, "a failed renewal")
    assert "closed" in keeper.failure
    assert keeper.keys is before
    (aws / "broken").unlink()
    wait_until(lambda: keeper.keys != before, "fresh keys once the process works again")
    assert not keeper.failure


def test_keys_that_do_not_expire_need_no_thread(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    keeper, before = find_keys(open_session()), renewing()
    keeper.watch()
    assert not renewing() - before


def test_the_thread_ends_with_the_keeper(aws: Path):
    by_process(aws, minutes=5)
    keeper = find_keys(open_session(), every=0.01)
    before = renewing()
    keeper.watch()
    ours = renewing() - before
    assert len(ours) == 1
    del keeper
    wait_until(lambda: not ours & renewing(), "the end of the thread")


def test_a_process_needs_one_thread_only(aws: Path):
    by_process(aws, minutes=60)
    keeper = find_keys(open_session())
    before = renewing()
    keeper.watch()
    keeper.watch()
    assert len(renewing() - before) == 1


def test_without_credentials_it_is_said_what_to_set():
    with pytest.raises(UsageError, match="none were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID"):
        find_keys(open_session())


def test_half_a_pair_of_keys_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    with pytest.raises(UsageError, match="AWS_SECRET_ACCESS_KEY"):
        find_keys(open_session())


def test_a_profile_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UsageError, match=r"profile \(nobody\) could not be found"):
        find_region(open_session(), None)
    with pytest.raises(UsageError, match=r"profile \(nobody\) could not be found"):
        find_keys(open_session())


def test_a_process_that_fails_is_told_in_one_line(aws: Path):
    by_process(aws, minutes=5)
    (aws / "broken").touch()
    with pytest.raises(UsageError, match="the vault is closed") as told:
        find_keys(open_session())
    assert "\n" not in str(told.value)


def test_a_key_with_a_line_end_never_reaches_a_header(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID\r")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with pytest.raises(UsageError, match="no header may hold"):
        find_keys(open_session())


def test_the_region_of_the_url_comes_before_all_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_REGION", "us-west-1")
    assert find_region(open_session(), None) == "us-west-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert find_region(open_session(), None) == "us-west-2"
    assert find_region(open_session(), "eu-west-3") == "eu-west-3"


def test_without_a_region_it_is_said_what_to_set():
    with pytest.raises(UsageError, match=r"add \?region=us-east-1 to it, or set AWS_DEFAULT_REGION"):
        build_traffic(parse_target("sagemaker://e"), [b""], [""])


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "https://runtime.sagemaker.us-east-1.amazonaws.com"),
        ("cn-north-1", "https://runtime.sagemaker.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_the_host_is_the_one_that_botocore_calls(region: str, host: str):
    assert find_host(open_session(), region) == host


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"])
def test_the_environment_may_name_another_host(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert find_host(open_session(), "us-east-1") == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("settings", "region"),
    [({}, "no region"), ({"AWS_ENDPOINT_URL": "not a url"}, "us-east-1")],
)
def test_a_host_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], region: str):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match="as botocore says"):
        find_host(open_session(), region)


def test_without_botocore_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch):
    # None makes the import fail as it does where the package is missing.
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(UsageError, match=r"pip install 'seatrial\[sagemaker\]'"):
        build_traffic(parse_target("sagemaker://e"), [b""], [""])


def test_the_keeper_hides_its_keys(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    keeper = find_keys(open_session())
    assert isinstance(keeper, KeyKeeper)
    assert "hush" not in repr(keeper) + repr(keeper.keys)


def renewing() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "aws-credentials"}


def credential(request: bytes) -> bytes:
    """Return the access key that signed a request."""
    return request.partition(b"Credential=")[2].partition(b"/")[0]
