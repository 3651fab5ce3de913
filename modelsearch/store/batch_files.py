"""Raw results of batches, as they came: on the disk before anything of them is used."""

from collections.abc import Callable

from modelsearch.store.layout import RunDir, write_whole

FOLDER = "batches"


def keeper_of(run: RunDir) -> Callable[[str, bytes], None]:
    """A function that writes results under `<run>/batches/<name>.results`, whole and with fsync."""

    def keep(name: str, content: bytes) -> None:
        write_whole(run.path / FOLDER / f"{name}.results", content)

    return keep
