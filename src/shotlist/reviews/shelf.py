"""The samples of a dataset: ``reviews/samples/<key>.json``."""

from shotlist.reviews import lines
from shotlist.reviews.log import FOLDER
from shotlist.reviews.names import SAMPLES, is_file_name
from shotlist.reviews.sample import Sample
from shotlist.store import Store, storing

_FOLDER = f"{FOLDER}/{SAMPLES}"


def samples(store: Store) -> tuple[list[Sample], list[str]]:
    """All samples, the newest first, and a sentence for each file that is none."""
    found, damaged = [], []
    for name in sorted(n for n in store.names(_FOLDER) if n.endswith(".json") and not n.startswith(".")):
        try:
            found.append(Sample.read(store.read(f"{_FOLDER}/{name}") or b""))
        except ValueError:
            damaged.append(f"{_FOLDER}/{name} can't be read; delete that file and draw the sample anew")
    return sorted(found, key=lambda sample: sample.made, reverse=True), damaged


def sample(store: Store, key: str) -> Sample | None:
    """The sample of that key; None where there is none that can be read."""
    if not is_file_name(key):
        return None
    content = store.read(f"{_FOLDER}/{key}.json")
    try:
        return None if content is None else Sample.read(content)
    except ValueError:
        return None


def keep(store: Store, made: Sample) -> bool:
    """Store a new sample; False where one of that name is there."""
    name = f"{_FOLDER}/{made.key}.json"
    if store.local is None:
        return store.create(name, made.content())
    with storing(store.address):
        return lines.create(store.local / name, made.content())
