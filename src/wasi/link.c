/* link.c: how a guest's call arrives: the 46 functions as host functions of a linker. */
#include "wasi/wasi_int.h"

#define MODULE "wasi_snapshot_preview1"

/* The address under which a store keeps its context. */
static const char store_key;

/* ---- Thunks: from raw values to a call's parameters ----------------------------------------- */

typedef u16 Thunk(WasiCtx *ctx, WasiMem mem, const wasmtime_val_raw_t *raw);

#define WASI_ROW(name, signature, returns, prototype, arguments)                    \
    static u16 thunk_##name(WasiCtx *ctx, WasiMem mem, const wasmtime_val_raw_t *raw) \
    {                                                                               \
        (void)raw;                                                                  \
        return wasi_##name arguments;                                               \
    }
#include "wasi/calls.def"

typedef struct Call {
    const char *name;
    const char *signature; /* w: i32, d: i64 */
    bool returns;          /* an errno, as i32 */
    Thunk *run;
} Call;

static const Call calls[] = {
#define WASI_ROW(name, signature, returns, prototype, arguments) \
    {#name, signature, returns, thunk_##name},
#include "wasi/calls.def"
};

/* ---- One call ------------------------------------------------------------------------------- */

static wasm_trap_t *text_trap(const char *text)
{
    return wasmtime_trap_new(text, strlen(text));
}

/* The guest is at its end: exited, interrupted, or caught in an error.
 * returns  NULL if memory ran out for the trap: then the call has failed like any other */
static wasm_trap_t *end_guest(WasiCtx *ctx, const Call *call)
{
    u8 state = ctx->state;
    StrBuf sb = {0};
    wasm_trap_t *trap;
    ctx->state = WASI_RUNS; /* the store may run another instance */
    if (state == WASI_EXITED)
        return stint_trap_new_exit(ctx->exit_status);
    if (state == WASI_INTERRUPTED)
        return wasmtime_trap_new_code(WASMTIME_TRAP_CODE_INTERRUPT);
    /* Which call it was; the backtrace below it tells from where. */
    sb_printf(&sb, "%s: %s", call->name, ctx->fault);
    trap = text_trap(sb_str(&sb));
    sb_free(&sb);
    return trap;
}

/* The callback of all definitions; env is the row. The memory is looked up anew at each call, since
 * it may have grown or moved since the last one. */
static wasm_trap_t *dispatch(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *raw,
                             size_t count)
{
    const Call *call = env;
    WasiCtx *ctx = stint_context_attachment(wasmtime_caller_context(caller), &store_key);
    WasiMem mem;
    size_t size;
    u16 result;
    (void)count;
    if (!ctx)
        return text_trap("the store has no WASI context");
    if (!stint_caller_memory(caller, &mem.base, &size))
        return text_trap("missing required memory export");
    mem.size = size;
    result = call->run(ctx, mem, raw);
    if (UNLIKELY(ctx->state != WASI_RUNS)) {
        wasm_trap_t *trap = end_guest(ctx, call);
        if (trap)
            return trap;
        result = WASI_ENOMEM;
    }
    if (call->returns)
        raw[0].i32 = result;
    return NULL;
}

/* ---- Linking -------------------------------------------------------------------------------- */

/* NULL if memory ran out. Rows of 0 parameters give an empty vector, which is no failure. */
static wasm_functype_t *call_type(const Call *call)
{
    wasm_valtype_vec_t params, results;
    size_t count = strlen(call->signature);
    wasm_valtype_vec_new_uninitialized(&params, count);
    wasm_valtype_vec_new_uninitialized(&results, call->returns);
    if (params.size != count || results.size != (size_t)call->returns) {
        wasm_valtype_vec_delete(&params);
        wasm_valtype_vec_delete(&results);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        params.data[i] = wasm_valtype_new(call->signature[i] == 'd' ? WASM_I64 : WASM_I32);
    if (call->returns)
        results.data[0] = wasm_valtype_new(WASM_I32);
    return wasm_functype_new(&params, &results);
}

static wasmtime_error_t *define_call(wasmtime_linker_t *linker, const Call *call)
{
    wasm_functype_t *type = call_type(call);
    wasmtime_error_t *error;
    if (!type)
        return wasmtime_error_new("out of memory");
    error = wasmtime_linker_define_func_unchecked(linker, MODULE, strlen(MODULE), call->name,
                                                  strlen(call->name), type, dispatch,
                                                  (void *)call, NULL);
    wasm_functype_delete(type);
    return error;
}

wasmtime_error_t *wasmtime_linker_define_wasi(wasmtime_linker_t *linker)
{
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        wasmtime_error_t *error = define_call(linker, &calls[i]);
        if (error)
            return error;
    }
    return NULL;
}

/* The config is the context: nothing is copied. Attaching deletes an earlier one of the store. */
wasmtime_error_t *wasmtime_context_set_wasi(wasmtime_context_t *context, wasi_config_t *config)
{
    if (stint_context_attach(context, &store_key, config, wasi_ctx_delete))
        return NULL;
    wasi_ctx_delete(config);
    return wasmtime_error_new("out of memory");
}
