/* stint help: all of it out of the tables. */
#include "cli/cli.h"

/* Where descriptions begin. */
#define TEXT_COLUMN 30

static void add_row(StrBuf *out, const char *term, const char *text)
{
    size_t used = strlen(term) + 2;
    sb_printf(out, "  %s", term);
    if (used + 2 > TEXT_COLUMN) {
        sb_putc(out, '\n');
        used = 0;
    }
    sb_printf(out, "%*s%s\n", (int)(TEXT_COLUMN - used), "", text);
}

static void add_commands(StrBuf *out)
{
    sb_puts(out, "\nCommands:\n");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++)
        add_row(out, cli_commands[i].name, cli_commands[i].help);
}

static void add_flags(StrBuf *out, CliCommandId command)
{
    sb_puts(out, "\nOptions, before FILE:\n");
    const CliFlag *flag;
    for (size_t i = 0; (flag = cli_flag_nth(i)); i++) {
        if (!(flag->commands >> command & 1))
            continue;
        StrBuf term = {0};
        if (flag->letter)
            sb_printf(&term, "-%c, %s", flag->letter, flag->name);
        else
            sb_printf(&term, "    %s", flag->name);
        if (flag->argument)
            sb_printf(&term, " %s", flag->argument);
        add_row(out, sb_str(&term), flag->help);
        out->failed |= term.failed;
        sb_free(&term);
    }
}

static void add_key(void *ctx, const stint_option_t *key)
{
    StrBuf text = {0};
    sb_puts(&text, key->help);
    if (*key->initial)
        sb_printf(&text, " [%s]", key->initial);
    add_row(ctx, key->key, sb_str(&text));
    sb_free(&text);
}

static void add_groups(StrBuf *out)
{
    const CliFlag *flag;
    for (size_t i = 0; (flag = cli_flag_nth(i)); i++) {
        if (!flag->letter || flag->letter < 'A' || flag->letter > 'Z' || !flag->argument)
            continue;
        sb_printf(out, "\nKeys of -%c, %s:\n", flag->letter, flag->name);
        cli_each_key(flag->letter, add_key, out);
    }
}

static void add_usage(StrBuf *out, CliCommandId command)
{
    const CliCommand *c = &cli_commands[command];
    sb_printf(out, "Usage: stint %s%s%s%s\n", c->name,
              command == CLI_HELP ? "" : " [OPTIONS]", *c->operands ? " " : "", c->operands);
}

int cli_print_help(const CliOptions *o, CliHelp how)
{
    StrBuf text = {0};
    if (o->has_command_word) {
        sb_printf(&text, "%s.\n\n", cli_commands[o->command].help);
        add_usage(&text, o->command);
    } else {
        sb_puts(&text, "Runs WebAssembly programs at compiled speed, in a sandbox.\n\n"
                       "Usage: stint [run] [OPTIONS] FILE [ARG...]\n"
                       "       stint COMMAND [OPTIONS] ...\n");
        add_commands(&text);
    }
    add_flags(&text, o->command);
    if (how == CLI_LONG_HELP)
        add_groups(&text);
    else
        sb_puts(&text, "\n--help prints all keys of the groups, too; `man stint` tells more.\n");
    return cli_print(&text);
}

int cli_print_group_help(char group)
{
    StrBuf text = {0};
    cli_each_key(group, add_key, &text);
    return cli_print(&text);
}

int cli_help(CliOptions *o)
{
    if (o->n_operands == 0) {
        o->has_command_word = false;
        o->command = CLI_RUN;
        return cli_print_help(o, CLI_LONG_HELP);
    }
    Near near = {.word = o->operands[0]};
    for (size_t i = 0; i < CLI_COMMAND_COUNT; i++) {
        if (!strcmp(cli_commands[i].name, near.word)) {
            o->command = (CliCommandId)i;
            return cli_print_help(o, CLI_LONG_HELP);
        }
        near_offer(&near, cli_commands[i].name);
    }
    StrBuf text = {0};
    sb_printf(&text, "there is no command `%s`", near.word);
    near_print(&near, &text);
    int status = cli_misuse("%s", sb_str(&text));
    sb_free(&text);
    return status;
}
