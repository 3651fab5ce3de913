"""The plug-in in tests/plugin_example, installed as a stranger's package would be, found by its entry point and held to
the suite that its author inherits.
"""

import os
import subprocess
import sys
from pathlib import Path

PLUGIN = Path(__file__).parent.parent / "plugin_example"
PROGRAM = """
from modelsearch.core.registry import lookup
from modelsearch.testing.conformance import check_sampler
entry = lookup("sampler", "cheapest_first")
check_sampler(entry.cls())
print(entry.file)
"""


def test_a_plug_in_is_found_by_its_entry_point_and_keeps_the_contract(tmp_path: Path) -> None:
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([sys.executable, *install, "--target", str(tmp_path), str(PLUGIN)], check=True, capture_output=True)
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == str(tmp_path / "modelsearch_cheapest_first.py")
