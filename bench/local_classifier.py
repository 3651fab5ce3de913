"""A classifier of the old school behind the API of chat models: TF-IDF and logistic regression, trained at start."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.local_market import AFTER_INPUT, BEFORE_INPUT
from bench.local_serving import serve_until_told


def trained(rows: Iterable[Mapping[str, str]]) -> Pipeline:
    """The classifier of these rows (`input`, `target`); classes count alike, however many rows they have."""
    examples = list(rows)
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(class_weight="balanced", C=3.0))
    return model.fit([row["input"] for row in examples], [row["target"] for row in examples])


def asked_text(message: str) -> str:
    """The text to classify: what stands last in a prompt of the task, without examples and frame."""
    tail = message.rpartition(BEFORE_INPUT)[2]
    return tail.rpartition(AFTER_INPUT)[0] or tail


def completion(model: Pipeline, body: Mapping[str, Any]) -> dict[str, Any]:
    """The reply to a chat request, in OpenAI's format."""
    text = asked_text(str(body["messages"][-1]["content"]))
    usage = {"prompt_tokens": len(text.split()), "completion_tokens": 1, "total_tokens": len(text.split()) + 1}
    message = {"role": "assistant", "content": str(model.predict([text])[0])}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"object": "chat.completion", "model": body["model"], "choices": [choice], "usage": usage}


def classifier_app(model: Pipeline) -> Starlette:
    """The API of one classifier."""

    async def chat(request: Request) -> Response:
        return JSONResponse(completion(model, await request.json()))

    return Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])


def main() -> None:
    """Entry of the process: one argument, the training file."""
    with Path(sys.argv[1]).open(encoding="utf-8") as lines:
        model = trained(json.loads(line) for line in lines)
    serve_until_told(classifier_app(model))


if __name__ == "__main__":
    main()
