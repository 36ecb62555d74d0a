"""Makes an index from a dataset's parts."""

from shotlist.view.making.gather import gather
from shotlist.view.making.postings import make_postings
from shotlist.view.making.stored import Stored

__all__ = ["Stored", "gather", "make_postings"]
