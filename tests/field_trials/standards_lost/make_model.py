"""Writes the same requests as for the same engine on the FastAPI before."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "standards" / "make_model.py"))
