"""A model for tests: its answers depend on the request alone, and it needs nothing."""

from collections.abc import Callable, Iterable, Iterator

from shotlist.errors import MediaError
from shotlist.models.cache import key_of
from shotlist.models.contracts import Answer, Request


def told(request: Request) -> str:
    """A sentence that differs for requests that differ."""
    words = " ".join(part for part in request.parts if isinstance(part, str)).split()
    return f"Answer {key_of('fake', request).hex()[:8]} to: {' '.join(words[:12])}"


class FakeModel:
    """A Captioner and a Writer that answers with a function; a MediaError from it is the answer's failure.

    ``asked`` holds the requests that reached it.
    """

    identity = "fake"

    def __init__(self, answer: Callable[[Request], str | MediaError] = told) -> None:
        self.asked: list[Request] = []
        self._answer = answer

    def caption(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """See Captioner."""
        for request in requests:
            self.asked.append(request)
            text = self._answer(request)
            if isinstance(text, MediaError):
                yield Answer(None, text, "fake")
            else:
                tokens_in = sum(len(p.split()) if isinstance(p, str) else 100 for p in request.parts)
                yield Answer(text, None, "fake", tokens_in, len(text.split()), 0.0, "stop")

    write = caption
