/* stint settings: what this machine offers, and what code compiled with these options uses. */
#include "cli/cli.h"
#include "os/os.h"

static const char *yes_no(bool is_true) { return is_true ? "yes" : "no"; }

int cli_settings(CliOptions *o)
{
    if (o->n_operands)
        return cli_misuse("`stint settings` takes no file");
    StrBuf text = {0};
    const char *name;
    bool is_present;
    sb_puts(&text, "stint " STINT_VERSION "\n");
    sb_printf(&text, "%-26s%s\n", "modules run as",
              stint_config_interprets(o->config) ? "bytes, interpreted" : "machine code");
    sb_printf(&text, "%-26s%u\n", "CPUs to compile on", os_cpu_count());
    sb_printf(&text, "%-26s%s\n\n", "kernel lets use fsgsbase", yes_no(os_has_fsgsbase()));
    sb_printf(&text, "%-26s%-7s%s\n", "CPU feature", "has", "used");
    for (size_t i = 0; stint_cpu_feature_nth(i, &name, &is_present); i++)
        sb_printf(&text, "  %-24s%-7s%s\n", name, yes_no(is_present),
                  yes_no(stint_config_uses_cpu_feature(o->config, i)));
    return cli_print(&text);
}
