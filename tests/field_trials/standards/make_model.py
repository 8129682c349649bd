"""Writes the model, a broken one, and the requests of a trial: `python make_model.py FOLDER`."""

import json
import sys
from pathlib import Path

REQUESTS = {"one.json": {"x": 1}, "two.json": {"x": [2, 3]}, "slow.json": {"x": 4, "sleep": 5}}

folder = Path(sys.argv[1])
for name in ("model", "bad-model", "requests"):
    (folder / name).mkdir(parents=True, exist_ok=True)
(folder / "model" / "model.json").write_text('{"engine": true}')
(folder / "bad-model" / "model.json").write_text('{"engine": ')
for name, body in REQUESTS.items():
    (folder / "requests" / name).write_text(json.dumps(body))
