"""Documentation that is read from the code, for the command line and for ``docs/reference.md``."""

import ast
import inspect
import textwrap
from itertools import pairwise


def setting_docs(cls: type) -> dict[str, str]:
    """The sentence under each field of a step class, its bases included, by field name."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("shotlist") or base is cls:
            found |= _field_docs(base)
    return found


def _field_docs(cls: type) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found = {}
    for node, after in pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and isinstance(after, ast.Expr):
            text = ast.literal_eval(after.value) if isinstance(after.value, ast.Constant) else ""
            found[node.target.id] = " ".join(str(text).split())
    return found
