"""Lists in pages that are not clips: how an address asks for a part of one, and the links to the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams

from shotlist.view.answer import NotAsked


@dataclass(frozen=True)
class Asked:
    """A page of a list: ``sort`` is a name, with ``-`` for falling; ``filters`` are names with what they must be."""

    q: str = ""
    sort: str = ""
    page: int = 1
    filters: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def read(params: QueryParams, sorts: Sequence[str], filters: Sequence[str] = ()) -> "Asked":
        """Read an address; raises NotAsked for an order that there is not."""
        sort = params.get("sort", "")
        if sort.removeprefix("-") not in ("", *sorts):
            raise NotAsked(f"there is no order by {sort.removeprefix('-')!r}; there are: {', '.join(sorts)}")
        number = params.get("page", "1")
        if not number.isdecimal() or not 0 < int(number[:10]) < 10**9:
            raise NotAsked(f"page={number[:40]}: pages are numbered from 1")
        chosen = {name: params[name] for name in filters if params.get(name)}
        return Asked(params.get("q", "").strip(), sort, int(number[:10]), chosen)

    def query(self, **changes: Any) -> dict[str, Any]:
        """The same as parameters of a link; whatever is changed leads to the first page, unless it is the page."""
        told: dict[str, Any] = {"q": self.q or None, "sort": self.sort or None, **self.filters}
        told |= {"page": self.page if self.page > 1 and not changes else None}
        return {k: v for k, v in (told | changes).items() if v not in (None, "", 1)}

    def beside(self, counted: Mapping[str, Any]) -> dict[str, Any]:
        """Queries of the pages before and after; None where there is none."""
        page = counted["page"]
        return {
            "previous": self.query(page=page - 1) if page > 1 else None,
            "next": self.query(page=page + 1) if page < counted["pages"] else None,
        }


def paged(total: int, page: int, size: int) -> dict[str, int]:
    """How many there are, and on which of how many pages one is."""
    return {"total": total, "page": page, "pages": max(1, -(-total // size)), "size": size}
