"""What can be said of every file of the tree."""

import re

from testkit import ROOT, expect, main, test

CODE = {".c", ".h", ".def", ".r", ".py", ".sh"}
TOPS = ("src", "include", "rules", "dev", "tools", "test", "bench", "examples", "docs", ".ci",
        "man", "packaging")
GOLDEN = ("test/file/", "test/data/")


def files(suffixes=None):
    """(name, lines) of the tree's files, golden ones apart."""
    paths = [path for top in TOPS for path in sorted((ROOT / top).rglob("*"))]
    # `.git` is a file in a second working tree, and says where the first one is.
    paths += [path for path in sorted(ROOT.iterdir()) if path.name not in ("LICENSE", ".git")]
    for path in paths:
        name = str(path.relative_to(ROOT))
        if not path.is_file() or name.startswith(GOLDEN) or "__pycache__" in name:
            continue
        if suffixes and path.suffix not in suffixes:
            continue
        try:
            yield name, path.read_text().split("\n")
        except UnicodeDecodeError:
            pass  # a binary


def find(pattern, suffixes=None, except_for=()):
    pattern = re.compile(pattern)
    return "\n".join(f"{name}:{at + 1}: {line.strip()}"
                     for name, lines in files(suffixes) if name not in except_for
                     for at, line in enumerate(lines) if pattern.search(line))


THIS = "test/house/test_tree.py"


@test
def nothing_is_left_undone():
    expect(not (found := find(r"\b(TODO|FIXME|XXX|HACK)\b", except_for=[THIS])), found)


@test
def no_path_of_one_machine():
    expect(not (found := find(r"(^|[^\w.])/(root|home/\w+|work)/", except_for=[THIS])), found)


@test
def lines_fit_the_page():
    """100 columns, rows of tables apart; no tabs but in Makefiles, no blanks at the end."""
    wide = [f"{name}:{at + 1}: {len(line)} columns" for name, lines in files(CODE - {".def", ".r"})
            for at, line in enumerate(lines) if len(line) > 100]
    expect(not wide, "\n".join(wide))
    expect(not (found := find(r"\t", CODE)), found)
    expect(not (found := find(r"[ \t]+$", CODE)), found)


@test
def files_end_with_a_newline():
    bad = [name for name, lines in files(CODE | {".md"})
           if lines[-1] != "" or lines[-2:] == ["", ""]]
    expect(not bad, bad)


@test
def headers_are_guarded():
    bad = [name for name, lines in files({".h"}) if name.startswith(("src/", "dev/"))
           and not re.search(r"^#ifndef (STINT_\w+_H)\n#define \1$", "\n".join(lines), re.M)]
    expect(not bad, f"no guard STINT_..._H in {bad}")


@test
def sources_include_headers_of_ours_first():
    """So each of these is seen to stand on its own feet."""
    firsts = [(name, line) for name, lines in files({".c"}) if name.startswith("src/")
              for line in [line for line in lines if line.startswith("#include")][:1]]
    bad = [f"{name} begins with {line}" for name, line in firsts
           if not re.match(r'#include ("|<(wasm|wasi|stint))', line)]
    expect(len(firsts) > 50 and not bad, "\n".join(bad))


@test
def no_file_is_too_long():
    """Over 1500 lines a file owns one thing, and its first comment says why it is not split."""
    for name, lines in files({".c", ".h", ".r"}):
        if len(lines) > 1500:
            head = "\n".join(lines[:40])
            expect("split" in head, f"{name}: {len(lines)} lines, and not a word why not split")


main()
