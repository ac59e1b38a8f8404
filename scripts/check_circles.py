#!/usr/bin/env python3
"""No file may import another that imports it, by whatever way round: what lies below must not know what lies above.

    scripts/check_circles.py            every crate
    scripts/check_circles.py core cli   these crates only

An import is what `use crate::`, `use super::` or `use self::` names, and any such path in the code; what stands in a module of
tests is left out. A name that a `mod.rs` hands on counts as that file's. Ends with 1 and names the files where there is a
circle.
"""

import re
import sys
from pathlib import Path

CRATES = Path(__file__).resolve().parent.parent / "crates"
# Comments, texts and single characters, whichever begins first: each may hold the marks of the others.
NO_CODE = re.compile(r"""//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'""", re.S)
TESTS = re.compile(r"#\[cfg\((?:all\()?test\b.*?\)\]\s*(?:pub\s+)?mod\s+\w+\s*\{")
PATH = re.compile(r"\b(?:crate|self|super)(?:\s*::\s*(?:\w+|\{|\*))+")


def module_of(file, source):
    """The names by which a file is known in its crate: `a/b.rs` and `a/b/mod.rs` are both `a`, `b`."""
    parts = list(file.relative_to(source).with_suffix("").parts)
    if parts[-1] in ("mod", "lib", "main"):
        parts.pop()
    return tuple(parts)


def code_of(file):
    text = NO_CODE.sub("0", file.read_text(encoding="utf-8"))
    tests = TESTS.search(text)
    return text[: tests.start()] if tests else text


def leaves(text, at):
    """Every path of a tree such as `a::{b, c::{d}}` that begins at a place in the text, and the place after it."""
    path = []
    while True:
        at = re.compile(r"[\s:]*").match(text, at).end()
        if text[at : at + 1] == "{":
            found, at = [], at + 1
            while text[at : at + 1] != "}":
                inner, at = leaves(text, at)
                found += [path + one for one in inner]
                at = re.compile(r"[\s,]*").match(text, at).end()
            return found, at + 1
        word = re.compile(r"\w+|\*").match(text, at)
        if not word:
            return [path], at
        path.append(word.group())
        at = word.end()
        if text[at : at + 4] == " as ":
            at = re.compile(r" as \w+").match(text, at).end()
        if not re.compile(r"\s*::").match(text, at):
            return [path], at


def absolute(path, module):
    """A path from the root of the crate."""
    path = list(path)
    if path[0] == "crate":
        return path[1:]
    base = list(module)
    while path and path[0] in ("self", "super"):
        if path.pop(0) == "super":
            base = base[:-1]
    return base + path


def imports_of(file, module, files):
    text, found = code_of(file), set()
    for start in PATH.finditer(text):
        for path in leaves(text, start.start())[0]:
            names = absolute(path, module)
            known = next(tuple(names[:n]) for n in range(len(names), -1, -1) if tuple(names[:n]) in files)
            if files[known] != file:
                found.add(files[known])
    return found


def circles(graph):
    """Groups of files of which each reaches each other (Kosaraju)."""
    order, seen = [], set()
    for root in graph:
        stack = [(root, iter(sorted(graph[root])))] if root not in seen else []
        seen.add(root)
        while stack:
            node, rest = stack[-1]
            following = next((it for it in rest if it not in seen), None)
            if following is None:
                order.append(node)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(sorted(graph[following]))))
    back = {node: set() for node in graph}
    for node, targets in graph.items():
        for target in targets:
            back[target].add(node)
    done = set()
    for root in reversed(order):
        group, stack = [], [root]
        while stack:
            node = stack.pop()
            if node not in done:
                done.add(node)
                group.append(node)
                stack += back[node] - done
        if len(group) > 1:
            yield sorted(group)


def main(names):
    found = False
    for crate in sorted(path for path in CRATES.iterdir() if not names or path.name in names):
        source = crate / "src"
        files = {module_of(file, source): file for file in sorted(source.rglob("*.rs")) if "tests" not in file.stem}
        if not files:
            continue
        files.setdefault((), source / "lib.rs")
        graph = {file: imports_of(file, module, files) for module, file in files.items() if file.exists()}
        for group in circles(graph):
            found = True
            print(f"these files of {crate.name} import each other in a circle:")
            for file in group:
                print(f"  {file.relative_to(source)} imports {', '.join(str(it.relative_to(source)) for it in sorted(graph[file] & set(group)))}")
    return int(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
