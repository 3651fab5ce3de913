"""Where the pages of `modelsearch serve` are, for whatever links to them from elsewhere: Prefect's artifacts."""

from dataclasses import dataclass

from modelsearch.report.site_facts import task_page


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses below `base`; all of them are "" where `base` is, for nobody serves the pages."""

    base: str

    @property
    def index(self) -> str:
        """All tasks."""
        return self._at("")

    @property
    def catalog(self) -> str:
        """What changed on the market."""
        return self._at("catalog.html")

    def task(self, name: str) -> str:
        """The page of a task."""
        return self._at(task_page(name))

    def report(self, run_id: str) -> str:
        """The report of a run."""
        return self._at(f"runs/{run_id}/report.html") if run_id else ""

    def front(self, run_id: str) -> str:
        """The picture of a run."""
        return self._at(f"runs/{run_id}/front.svg")

    def _at(self, path: str) -> str:
        return f"{self.base}/{path}" if self.base else ""


def linked(text: str, url: str) -> str:
    """Markdown (already escaped) as a link; the text alone where there is no address."""
    return f"[{text}]({url})" if url else text
