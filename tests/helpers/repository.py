"""Where the files of this repository are."""

import json
from pathlib import Path
from typing import Any, Final

import runner

ROOT: Final = Path(__file__).parents[2]
CODE: Final = ROOT / "src" / "cerebras_deploy"
GOLDEN: Final = ROOT / "tests" / "stories" / "golden"
WIRE: Final = ROOT / "tests" / "wire"  # JSON of the API: from its reference, or seen live
MANIFEST: Final = runner.load_manifest(ROOT / "action.yml")


def document(name: str) -> Any:
    """Return a document of `tests/wire`."""
    return json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))
