/* wast: scripts of the specification's test suite, run.
 *
 * Owns: stint_wast_run() of stint.h; the commands of scripts, patterns of expected values, the
 * module `spectest` that scripts import from. It stands on the public headers, and on the room wat
 * for tokens and modules: what a script sees of Stint is what an embedder sees.
 *
 * Promises: each form at the top level of a script is one directive, which passes or fails with a
 * reason; a directive that makes no sense fails, and the script goes on behind it. Nothing is
 * skipped but what stands behind the end of the time or of the script's sense.
 *
 * An outcome is judged by its kind (malformed, invalid, unlinkable, trap, exception, exhaustion)
 * and by its message: the text the script expects has to begin the one that Stint gives. Of traps,
 * whose messages are those of libwasmtime, the suite's words stand in a table in outcome.c.
 *
 * Read script.c first (the commands), then module.c, action.c, value.c and thread.c. */
#ifndef STINT_WAST_H
#define STINT_WAST_H

/* There is nothing here for other rooms but what include/ declares. */
#include <stint.h>

#endif
