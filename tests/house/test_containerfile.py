"""The container file says what it should, as far as that can be seen without building it."""

import re

import pytest

from tests.house.sources import ROOT

KNOWN = {
    "ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL",
    "ENTRYPOINT", "CMD",
}  # fmt: skip


def instructions() -> list[tuple[str, str]]:
    """Instruction and the rest of each, continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def of(name: str) -> list[str]:
    return [rest for word, rest in instructions() if word == name]


def test_every_instruction_is_one() -> None:
    assert {word for word, _ in instructions()} <= KNOWN
    assert instructions()[0][0] == "ARG"


def test_the_last_stage_runs_without_rights_and_says_how_it_is() -> None:
    last = instructions()[max(at for at, (word, _) in enumerate(instructions()) if word == "FROM") :]
    words = [word for word, _ in last]
    user = next(rest for word, rest in last if word == "USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert "HEALTHCHECK" in words
    assert [rest for word, rest in last if word == "RUN" and "install" in rest] == []


def test_images_are_named_with_a_version_and_stages_that_are_copied_from_are_there() -> None:
    stages = [rest.partition(" AS ") for rest in of("FROM")]
    assert all(re.search(r":\$\{PYTHON\}-slim-\w+$", image) for image, _, _ in stages)
    copied = {match for rest in of("COPY") for match in re.findall(r"--from=(\S+)", rest)}
    assert copied <= {name for _, _, name in stages}


@pytest.mark.parametrize("rest", [rest for rest in of("COPY") if "--from" not in rest])
def test_what_is_copied_is_there(rest: str) -> None:
    *sources, _ = rest.split()
    assert [each for each in sources if not (ROOT / each).exists()] == []


def test_what_is_installed_is_pinned_by_a_lock_and_keeps_no_cache() -> None:
    installs = [part for rest in of("RUN") for part in rest.split("&&") if " install " in part]
    assert len(installs) == 2
    assert all("--no-cache" in part and "--only-binary :all:" in part for part in installs)
    assert "--require-hashes" in installs[0]
    assert "--constraint requirements.lock" in installs[1]


def test_no_secret_is_built_in() -> None:
    assert not any(re.search(r"KEY|TOKEN|PASSWORD|AUTH", rest) for rest in [*of("ENV"), *of("ARG")])
