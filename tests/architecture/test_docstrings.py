"""What a room offers is described."""

import ast

from tests.architecture import source

DESCRIBED = ("services", "queries", "rules", "models", "forms")


def test_every_module_says_what_it_is():
    found = [
        source.name(path)
        for path in source.modules()
        if not ast.get_docstring(source.tree(path)) and path.read_text(encoding="utf-8").strip()
    ]
    assert found == []


def test_public_functions_and_classes_have_docstrings():
    found = [
        f"{source.name(path)}:{node.lineno} {node.name}"
        for path in source.modules()
        if source.kind(path) in DESCRIBED or source.room(path) == "core"
        for node in source.tree(path).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
        if not ast.get_docstring(node)
    ]
    assert found == []
