"""Checkpoints that can't be had."""

import pytest

from shotlist.models.weights import why_not

errors = pytest.importorskip("huggingface_hub.errors")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("LocalEntryNotFoundError", "the Hub can't be reached"),
        ("OfflineModeIsEnabled", "the Hub can't be reached"),
        ("HFValidationError", "the Hub's models are named ORG/NAME"),
    ],
)
def test_the_hub_does_not_give_a_model_for_a_reason_of_few_words(error: str, told: str):
    found = getattr(errors, error)("Got: ConnectError: [Errno -2] An error happened while trying to locate the files")
    assert why_not(found) == told
