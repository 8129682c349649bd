"""Endpoints of Amazon SageMaker, called natively: signatures by hand, credentials by botocore, event streams parsed.

botocore is asked before the run (credentials, region, host) and beside it (fresh credentials); it never stands in the
path of a request. It is an extra: `pip install 'seatrial[sagemaker]'`.
"""
