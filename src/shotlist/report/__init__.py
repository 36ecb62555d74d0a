"""``report.html``: one self-contained page that shows what a dataset holds and how it came about."""

from shotlist.report.write import write_report

__all__ = ["write_report"]
