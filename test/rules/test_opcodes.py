"""docs/opcodes.md says what the compiler does, and little of it calls the runtime."""

import subprocess
import sys

from testkit import ROOT, STINT, expect, main, test


@test
def the_table_of_operators_is_true():
    done = subprocess.run([sys.executable, "-B", str(ROOT / "tools" / "opcodes.py"), "--stint",
                           STINT], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    expect(done.returncode == 0, done.stdout)


main()
