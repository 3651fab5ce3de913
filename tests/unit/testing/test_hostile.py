import json

from modelsearch.testing.hostile import FORMULAS, PAYLOADS


def test_payloads_are_many_different_and_of_every_kind() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60
    text = "".join(PAYLOADS)
    for sign in ("<script", "</script>", "<!--", "\x1b[", "\u202e", "{{", "{%", "\u2028", "\x00", "\ud800", "onerror="):
        assert sign in text, sign
    assert {payload.strip(' ";')[:1] for payload in FORMULAS} >= {"=", "+", "-", "@", "\t", "\r", "\n"}
    assert all(json.loads(json.dumps(payload)) == payload for payload in PAYLOADS)
