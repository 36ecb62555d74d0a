"""What was spent on a dataset by all builds: small files ``spent*.json`` in it, one for each that may run at a time."""

import json
from functools import reduce
from pathlib import Path

from shotlist.dataset import Dataset
from shotlist.models.budget import Bill, Budget, added

LOST = "answers that were lost"
"""What stands in place of a model for requests of which nobody knows what they cost; at most so much."""


def book(dataset: Dataset, name: str, counter: Path) -> dict[str, Bill]:
    """Add what a build has counted to the file ``name``, and give it; nothing where no model was asked."""
    if not counter.exists():
        return {}
    spent = Budget(counter).spent()
    known = reduce(added, spent.models.values(), {"requests": 0, "cost": 0.0})
    if spent.requests > known["requests"]:  # asked by workers that were killed
        rest = {"requests": spent.requests - known["requests"], "cost": max(0.0, spent.cost - known["cost"])}
        spent.models[LOST] = added({"tokens_in": 0, "tokens_out": 0}, rest)
    earlier = _read(dataset, name)
    models = {model: added(earlier.get(model, {}), bill) for model, bill in spent.models.items()}
    dataset.write_text(name, json.dumps(earlier | models, indent=2) + "\n")
    return spent.models


def total(dataset: Dataset) -> dict[str, Bill]:
    """Each model's ``requests``, ``tokens_in``, ``tokens_out`` and ``cost`` over all builds."""
    found: dict[str, Bill] = {}
    for name in dataset.store.names():
        if name.startswith("spent") and name.endswith(".json"):
            for model, bill in _read(dataset, name).items():
                found[model] = added(found.get(model, {}), bill)
    return found


def _read(dataset: Dataset, name: str) -> dict[str, Bill]:
    stored = dataset.read_json(name)
    return {m: bill for m, bill in stored.items() if isinstance(bill, dict)} if isinstance(stored, dict) else {}
