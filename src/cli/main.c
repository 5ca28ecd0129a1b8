/* The command `stint`: finds the command word and hands over. */
#define _GNU_SOURCE
#include "cli/cli.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

const CliCommand cli_commands[CLI_COMMAND_COUNT] = {
#define COMMAND(id, name, function, operands, help) \
    [CLI_##id] = {name, function, operands, help},
#include "cli/commands.def"
#undef COMMAND
};

/* The place of a standard descriptor that is closed would be taken by the next file that is opened,
 * and the guest could then write into that. It is held by something that refuses: /dev/null, opened
 * for the wrong direction. */
static bool hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    return true;
}

static CliCommandId command_named(const char *word)
{
    size_t i = 0;
    while (i < CLI_COMMAND_COUNT && strcmp(cli_commands[i].name, word))
        i++;
    return (CliCommandId)i;
}

static int run(CliOptions *o, size_t argc, const char *const *argv)
{
    size_t first = argc ? 1 : 0;
    CliCommandId named = first < argc ? command_named(argv[first]) : CLI_COMMAND_COUNT;
    o->has_command_word = named != CLI_COMMAND_COUNT;
    o->command = o->has_command_word ? named : CLI_RUN;
    int status;
    if (!cli_parse(o, first + o->has_command_word, argc, argv, &status))
        return status;
    return cli_commands[o->command].run(o);
}

int main(int argc, char **argv)
{
    /* Static: they are read after coming back by longjmp. */
    static Arena arena;
    static CliOptions options;
    static jmp_buf no_memory;
    if (!hold_standard_descriptors())
        return 1;
    /* Writing fails then, and is reported. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    arena_init(&arena, &no_memory);
    options.arena = &arena;
    int status = setjmp(no_memory) ? cli_fail("out of memory")
                                   : run(&options, (size_t)argc, (const char *const *)argv);
    wasm_config_delete(options.config);
    arena_free(&arena);
    return status;
}
