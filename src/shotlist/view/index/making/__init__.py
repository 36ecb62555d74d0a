"""Makes an index from a dataset's parts."""

from shotlist.view.index.making.postings import make_postings
from shotlist.view.index.making.stored import Stored
from shotlist.view.index.making.tables import gather

__all__ = ["Stored", "gather", "make_postings"]
