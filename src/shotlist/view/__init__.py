"""The viewer: a web server over one dataset, in which clips are looked at, searched, compared and judged."""

from shotlist.view.serve import serve

__all__ = ["serve"]
