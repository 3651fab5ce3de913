"""Where runs are started: not in a folder whose `flows` Prefect would take for ours.

To import a flow, Prefect puts the current folder first on the path (`prefect.utilities.importtools.load_module`), which
no setting of Python's prevents. A folder that holds other packages by our names is therefore left before runs are
started from it.
"""

import os
import sys
from pathlib import Path

from modelsearch.settings import Settings, read_settings

PACKAGES = ("flows", "tasks", "modelsearch")
FOLDERS = ("MODELSEARCH_HOME", "MODELSEARCH_TASKS", "MODELSEARCH_CATALOGS")


def strangers(folder: Path) -> list[str]:
    """What there would be imported in place of our packages; nothing in our own checkout."""
    import modelsearch  # noqa: PLC0415 - where it is, not what it does

    ours = Path(modelsearch.__file__).resolve().parent.parent
    if folder.resolve() == ours:
        return []
    found = (folder / name for package in PACKAGES for name in (package, f"{package}.py"))
    return [path.name for path in found if path.is_file() or (path / "__init__.py").is_file()]


def settle(settings: Settings) -> Settings:
    """Go to the project's home if the current folder holds strangers; the settings, good from there too."""
    names = strangers(Path.cwd())
    if not names:
        return settings
    for variable in FOLDERS:
        value = os.environ.get(variable)
        if value and "://" not in value:
            os.environ[variable] = str(Path(value).resolve())
    home = settings.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    os.environ["MODELSEARCH_HOME"] = str(home)
    sys.stderr.write(
        f"{Path.cwd()} holds {', '.join(names)} of its own, which Prefect would take for ours: runs are started in "
        f"{home}, so give absolute paths in their parameters\n"
    )
    os.chdir(home)
    return read_settings()
