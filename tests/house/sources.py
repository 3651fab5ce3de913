"""The product's own Python files."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("modelsearch", "tasks", "flows")


def product_files() -> list[Path]:
    """Every source file of the product, sorted."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def all_files() -> list[Path]:
    """Those, the tests and the benches."""
    return [*product_files(), *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "bench").rglob("*.py"))]


def name_of(path: Path) -> str:
    """The path from the checkout on."""
    return path.relative_to(ROOT).as_posix()
