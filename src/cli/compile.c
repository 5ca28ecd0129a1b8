#include "cli/cli.h"
int cli_compile(CliOptions *o) { (void)o; return 1; }
