"""The house rules that a program can check: who imports whom, how large files are, what importing costs."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import shotlist

PACKAGE = Path(shotlist.__file__).parent

FLOORS = (
    {"errors", "records", "timing", "reference", "sample"},
    {"sources", "media"},
    {"store", "parts", "dataset", "query", "reviews"},
    {"models"},
    {"engine"},
    {"preflight", "chosen"},
    {"scan", "shots", "measure", "annotate", "captions", "curate"},
    {"members", "lock"},
    {"summary", "report"},
    {"view", "asked"},
    {"builder"},
    {"recipes"},
    {"progress", "calibration", "forecast", "present", "doctor"},
    {"cli", "cli_options"},
)
"""From the ground up: a part may import its own floor and those below it."""


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        names = path.relative_to(PACKAGE.parent).with_suffix("").parts
        yield ".".join(names[:-1] if names[-1] == "__init__" else names), path


def imports(path: Path, at_load: bool) -> set[str]:
    """Modules of ours that a file imports; ``at_load`` leaves out imports inside functions and for types."""
    tree = ast.parse(path.read_text())
    nodes = list(loaded(tree)) if at_load else list(ast.walk(tree))
    found = {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module}
    found |= {f"{n.module}.{a.name}" for n in nodes if isinstance(n, ast.ImportFrom) for a in n.names}
    found |= {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    return {name for name in found if name.split(".")[0] == "shotlist"}


def loaded(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from loaded(child)


def floor(module: str) -> int:
    part = module.split(".")[1]
    return next(k for k, parts in enumerate(FLOORS) if part in parts)


def test_imports_run_one_way() -> None:
    known = {name for name, _ in modules()}
    for name, path in modules():
        if name == "shotlist":
            continue
        at_load = floor(name) < floor("shotlist.builder")  # whoever shows things may wait with an import
        for used in imports(path, at_load) & known - {"shotlist"}:
            assert floor(used) <= floor(name), f"{name} imports {used}"


def test_nothing_imports_the_command_line() -> None:
    for name, path in modules():
        assert "shotlist.cli" not in imports(path, at_load=False), name


def test_modules_have_no_rings() -> None:
    known = {name for name, _ in modules()}
    TopologicalSorter({name: imports(path, at_load=True) & known for name, path in modules()}).prepare()


def test_files_and_functions_keep_to_their_budgets() -> None:
    for name, path in modules():
        text = path.read_text()
        assert len(text.splitlines()) <= 600, name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 100, f"{name}.{node.name}"
    assert not {"utils", "helpers", "common", "misc", "manager"} & {p.stem for _, p in modules()}


def test_importing_is_cheap() -> None:
    heavy = ("torch", "ray", "cv2", "av", "duckdb", "pyarrow", "numpy")
    code = f"import shotlist.cli, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there() -> None:
    for name in shotlist.__all__:
        assert getattr(shotlist, name) is not None
