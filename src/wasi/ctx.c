/* ctx.c: what a guest is given: wasi_config_*, and the sockets of stint.h. */
#define _GNU_SOURCE
#include "wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- Birth and death ------------------------------------------------------------------------ */

wasi_config_t *wasi_config_new(void)
{
    WasiCtx *ctx = calloc(1, sizeof *ctx);
    if (!ctx)
        return NULL;
    for (u8 i = 0; i < 3; i++) {
        WasiFd entry = {.kind = WASI_FD_STDIO, .stdio = i, .fd = -1, .list_fd = -1};
        u32 number;
        if (wasi_fd_add(ctx, &entry, &number) != WASI_SUCCESS) {
            wasi_ctx_delete(ctx);
            return NULL;
        }
    }
    ctx->monotonic_origin_ns = wasi_now_ns(CLOCK_MONOTONIC);
    ctx->interrupt_fd = -1;
    return ctx;
}

/* Back to nothing; what was ours is freed. */
static void stdio_clear(WasiStdio *stdio)
{
    if (stdio->kind == WASI_STDIO_HOST && stdio->is_ours)
        close(stdio->fd);
    if (stdio->kind == WASI_STDIO_BYTES)
        wasm_byte_vec_delete(&stdio->bytes);
    if (stdio->kind == WASI_STDIO_CUSTOM && stdio->finalizer)
        stdio->finalizer(stdio->data);
    *stdio = (WasiStdio){.fd = -1};
}

void wasi_ctx_delete(void *opaque)
{
    WasiCtx *ctx = opaque;
    if (!ctx)
        return;
    for (u32 i = 0; i < ctx->fd_count; i++)
        wasi_fd_clear(&ctx->fds[i]);
    for (size_t i = 0; i < ARRAY_LEN(ctx->stdio); i++)
        stdio_clear(&ctx->stdio[i]);
    free(ctx->fds);
    sb_free(&ctx->args);
    sb_free(&ctx->environ);
    free(ctx);
}

void wasi_config_delete(wasi_config_t *config)
{
    wasi_ctx_delete(config);
}

/* ---- Arguments and environment -------------------------------------------------------------- */

/* Appends name, and "=value" unless value is NULL, with a NUL; all of it or nothing. */
static bool add_string(StrBuf *list, u32 *count, const char *name, const char *value)
{
    size_t len = list->len;
    sb_puts(list, name);
    if (value) {
        sb_putc(list, '=');
        sb_puts(list, value);
    }
    sb_putc(list, 0);
    if (list->failed) {
        list->len = len;
        list->failed = false;
        return false;
    }
    ++*count;
    return true;
}

bool wasi_config_set_argv(wasi_config_t *config, size_t argc, const char *argv[])
{
    for (size_t i = 0; i < argc; i++)
        if (!wasi_is_utf8(argv[i], strlen(argv[i])) ||
            !add_string(&config->args, &config->arg_count, argv[i], NULL))
            return false;
    return true;
}

/* The only place that knows them without the help of main(). */
void wasi_config_inherit_argv(wasi_config_t *config)
{
    FILE *file = fopen("/proc/self/cmdline", "re");
    char *arg = NULL;
    size_t cap = 0;
    if (!file)
        return;
    while (getdelim(&arg, &cap, 0, file) > 0)
        add_string(&config->args, &config->arg_count, arg, NULL);
    free(arg);
    fclose(file);
}

bool wasi_config_set_env(wasi_config_t *config, size_t envc, const char *names[],
                         const char *values[])
{
    for (size_t i = 0; i < envc; i++)
        if (!wasi_is_utf8(names[i], strlen(names[i])) ||
            !wasi_is_utf8(values[i], strlen(values[i])) ||
            !add_string(&config->environ, &config->environ_count, names[i], values[i]))
            return false;
    return true;
}

void wasi_config_inherit_env(wasi_config_t *config)
{
    for (char **at = environ; at && *at; at++)
        add_string(&config->environ, &config->environ_count, *at, NULL);
}

/* ---- Standard streams ----------------------------------------------------------------------- */

static void set_stdio(WasiStdio *stdio, WasiStdio value)
{
    stdio_clear(stdio);
    *stdio = value;
}

/* On failure the stream stays as it was. */
static bool set_file(WasiStdio *stdio, const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0)
        return false;
    set_stdio(stdio, (WasiStdio){.kind = WASI_STDIO_HOST, .is_ours = true, .fd = fd});
    return true;
}

/* The host's descriptor stays the host's. Only here can the guest see a terminal. */
static void inherit(WasiStdio *stdio, int fd)
{
    set_stdio(stdio,
              (WasiStdio){.kind = WASI_STDIO_HOST, .is_tty = isatty(fd) == 1, .fd = fd});
}

static void set_custom(WasiStdio *stdio, WasiOutput *output, void *data, void (*finalizer)(void *))
{
    set_stdio(stdio, (WasiStdio){.kind = WASI_STDIO_CUSTOM,
                                 .fd = -1,
                                 .output = output,
                                 .data = data,
                                 .finalizer = finalizer});
}

bool wasi_config_set_stdin_file(wasi_config_t *config, const char *path)
{
    return set_file(&config->stdio[0], path, O_RDONLY);
}

void wasi_config_set_stdin_bytes(wasi_config_t *config, wasm_byte_vec_t *binary)
{
    set_stdio(&config->stdio[0], (WasiStdio){.kind = WASI_STDIO_BYTES, .fd = -1, .bytes = *binary});
    *binary = (wasm_byte_vec_t){0, NULL};
}

void wasi_config_inherit_stdin(wasi_config_t *config)
{
    inherit(&config->stdio[0], STDIN_FILENO);
}

bool wasi_config_set_stdout_file(wasi_config_t *config, const char *path)
{
    return set_file(&config->stdio[1], path, O_WRONLY | O_CREAT | O_TRUNC);
}

void wasi_config_inherit_stdout(wasi_config_t *config)
{
    inherit(&config->stdio[1], STDOUT_FILENO);
}

void wasi_config_set_stdout_custom(wasi_config_t *config, WasiOutput *callback, void *data,
                                   void (*finalizer)(void *))
{
    set_custom(&config->stdio[1], callback, data, finalizer);
}

bool wasi_config_set_stderr_file(wasi_config_t *config, const char *path)
{
    return set_file(&config->stdio[2], path, O_WRONLY | O_CREAT | O_TRUNC);
}

void wasi_config_inherit_stderr(wasi_config_t *config)
{
    inherit(&config->stdio[2], STDERR_FILENO);
}

void wasi_config_set_stderr_custom(wasi_config_t *config, WasiOutput *callback, void *data,
                                   void (*finalizer)(void *))
{
    set_custom(&config->stdio[2], callback, data, finalizer);
}

/* ---- Directories ---------------------------------------------------------------------------- */

/* O_PATH: a directory that may be searched but not listed can be handed in, too. */
bool wasi_config_preopen_dir(wasi_config_t *config, const char *host_path, const char *guest_path,
                             bool fs_mutable)
{
    WasiFd entry = {.kind = WASI_FD_DIR, .is_writable = fs_mutable, .list_fd = -1};
    u32 number;
    if (!wasi_is_utf8(guest_path, strlen(guest_path)) || strlen(guest_path) > UINT32_MAX)
        return false;
    entry.fd = open(host_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (entry.fd < 0)
        return false;
    entry.preopen = strdup(guest_path);
    if (!entry.preopen) {
        close(entry.fd);
        return false;
    }
    return wasi_fd_add(config, &entry, &number) == WASI_SUCCESS;
}

/* ---- Sockets -------------------------------------------------------------------------------- */

/* Preview 1 has no call that would ask for these. */
void wasi_config_inherit_network(wasi_config_t *config)
{
    (void)config;
}

void wasi_config_allow_ip_name_lookup(wasi_config_t *config, bool enable)
{
    (void)config;
    (void)enable;
}

void stint_wasi_config_set_interrupt(wasi_config_t *config, int fd)
{
    config->interrupt_fd = fd;
}

static bool socket_option(int fd, int option, int *value)
{
    socklen_t len = sizeof *value;
    return getsockopt(fd, SOL_SOCKET, option, value, &len) == 0;
}

/* Sockets stand at 3, 4, .., where guests started under systemd's convention look for them: the
 * directories move up. */
bool stint_wasi_config_preopen_socket(wasi_config_t *config, int fd)
{
    WasiFd entry = {.kind = WASI_FD_STREAM, .fd = -1, .list_fd = -1};
    u32 number, at = 3 + config->socket_count;
    int type, listens;
    if (!socket_option(fd, SO_TYPE, &type) || type != SOCK_STREAM ||
        !socket_option(fd, SO_ACCEPTCONN, &listens))
        return false;
    if (listens)
        entry.kind = WASI_FD_LISTENER;
    if (wasi_fd_add(config, &entry, &number) != WASI_SUCCESS)
        return false;
    memmove(&config->fds[at + 1], &config->fds[at], (number - at) * sizeof entry);
    entry.fd = fd;
    config->fds[at] = entry;
    config->socket_count++;
    return true;
}

/* Splits "host:port" or "[host]:port" in place; false if it has no such form. */
static bool split_address(char *text, char **host, char **port)
{
    char *colon = strrchr(text, ':');
    size_t len;
    if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strlen(colon + 1) > 5 || atoi(colon + 1) > UINT16_MAX)
        return false;
    *colon = 0;
    *port = colon + 1;
    *host = text;
    len = strlen(text);
    if (text[0] == '[') {
        if (text[len - 1] != ']')
            return false;
        text[len - 1] = 0;
        ++*host;
    } else if (strchr(text, ':')) {
        return false;
    }
    return **host != 0;
}

/* The address may be used again at once after an earlier server ended.
 * returns  a descriptor or -errno */
static int listen_at(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), error, on = 1;
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    error = errno;
    close(fd);
    return -error;
}

/* The first of a name's addresses that the system gives us.
 * reason  why there is none */
static int listen_by_name(const char *host, const char *port, const char **reason)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *list;
    int fd = -EADDRNOTAVAIL, error = getaddrinfo(host, port, &hints, &list);
    if (error) {
        *reason = gai_strerror(error);
        return -1;
    }
    for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = listen_at(at);
    freeaddrinfo(list);
    if (fd < 0)
        *reason = strerror(-fd);
    return fd;
}

wasmtime_error_t *stint_wasi_config_listen(wasi_config_t *config, const char *address)
{
    const char *reason = "not of the form ADDRESS:PORT";
    char *text = strdup(address), *host, *port;
    int fd = -1;
    StrBuf sb = {0};
    wasmtime_error_t *result;
    if (text && split_address(text, &host, &port))
        fd = listen_by_name(host, port, &reason);
    free(text);
    if (fd >= 0 && stint_wasi_config_preopen_socket(config, fd))
        return NULL;
    if (fd >= 0) {
        reason = "out of memory";
        close(fd);
    }
    sb_printf(&sb, "failed to listen at '%s': %s", address, reason);
    result = wasmtime_error_new(sb_str(&sb));
    sb_free(&sb);
    return result;
}
