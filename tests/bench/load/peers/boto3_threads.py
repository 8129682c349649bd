"""boto3's `invoke_endpoint` from threads, over plain HTTP: `boto3_threads.py URL REQUESTS THREADS`."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

BODY = b"x" * 128


def main(url: str, requests: int, threads: int) -> None:
    """Call as often as asked, one client shared by all threads as its documentation allows."""
    runtime = boto3.client("sagemaker-runtime", endpoint_url=url, config=Config(max_pool_connections=threads))

    def call(_: int) -> None:
        answer = runtime.invoke_endpoint(EndpointName="truth", ContentType="application/json", Body=BODY)
        answer["Body"].read()

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(call, range(requests)):
            pass


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
