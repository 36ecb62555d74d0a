"""Makes the index from the dataset's parts."""

from shotlist.view.making.gather import gather
from shotlist.view.making.stored import Stored

__all__ = ["Stored", "gather"]
