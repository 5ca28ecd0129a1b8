"""Rooms include only what lies below them; and the check itself would notice."""

import sys
import tempfile
from pathlib import Path

from testkit import ROOT, expect, main, test

sys.path.insert(0, str(ROOT / "tools"))
import layers  # noqa: E402


def problems_with(name, text):
    """What the check says of a small tree that holds one file besides two innocent ones."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, content in (("src/base/base.h", ""), ("src/rt/rt_int.h", ""),
                              ("src/comp/comp.h", ""), ("include/stint.h", ""), (name, text)):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
        return layers.problems(root)


@test
def this_tree_keeps_its_layers():
    wrong = layers.problems()
    expect(not wrong, "\n".join(wrong))


@test
def an_include_upward_is_found():
    expect(problems_with("src/rt/a.c", '#include "comp/comp.h"\n'), "rt includes comp")
    expect(problems_with("src/base/a.c", '#include "comp/comp.h"\n'), "base includes comp")
    expect(problems_with("src/rt/a.h", '#  include "comp/comp.h"\n'), "in a header, with spaces")


@test
def a_private_header_stays_private():
    expect(problems_with("src/api/a.c", '#include "rt/rt_int.h"\n'), "api includes rt_int.h")
    expect(not problems_with("src/rt/a.c", '#include "rt/rt_int.h"\n'), "rt includes its own")


@test
def public_headers_are_for_the_rooms_above():
    expect(problems_with("src/rt/a.c", "#include <stint.h>\n"), "rt includes a public header")
    expect(not problems_with("src/cli/a.c", '#include "stint.h"\n'), "cli includes one")
    expect(problems_with("src/cli/a.c", '#include "rt/rt.h"\n'), "cli includes rt")
    expect(problems_with("include/wasm.h", '#include "base/base.h"\n'), "public includes base")


@test
def downward_and_library_includes_are_fine():
    wrong = problems_with("src/comp/a.c", '#include <stdio.h>\n#include "base/base.h"\n')
    expect(not wrong, wrong)


@test
def an_unknown_room_is_found():
    expect(problems_with("src/misc/a.c", ""), "src/misc")


main()
