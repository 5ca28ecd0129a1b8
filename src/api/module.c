/* Modules: compiled here, or read back from an artifact. */
#include "api/cache.h"

#include <stdlib.h>

#include "os/os.h"

wasmtime_module_t *module_retain(const wasmtime_module_t *module)
{
    wasmtime_module_t *m = (wasmtime_module_t *)(uintptr_t)module;
    __atomic_add_fetch(&m->refs, 1, __ATOMIC_RELAXED);
    return m;
}

wasmtime_module_t *wasmtime_module_clone(const wasmtime_module_t *module)
{
    return module_retain(module);
}

void wasmtime_module_delete(wasmtime_module_t *module)
{
    if (!module || __atomic_sub_fetch(&module->refs, 1, __ATOMIC_ACQ_REL))
        return;
    rt_module_release(module->rt);
    wasm_engine_delete(module->engine);
    free(module);
}

static wasmtime_error_t *compile_error(const Diag *diag)
{
    if (diag->is_oom)
        return error_oom();
    if (diag->offset == DIAG_NO_OFFSET)
        return error_format("failed to compile: %s", diag->text);
    return error_because(error_format("failed to compile"),
                         "Invalid input WebAssembly code at offset %llu: %s",
                         (unsigned long long)diag->offset, diag->text);
}

/* Makes a module of an artifact, which is taken in any case. */
static wasmtime_error_t *load(wasm_engine_t *engine, RtArtifact artifact, wasmtime_module_t **ret)
{
    Diag diag = {0};
    wasmtime_module_t *module = calloc(1, sizeof *module);
    if (!module || !rt_module_new(engine->rt, artifact, &module->rt, &diag)) {
        artifact.release(artifact.bytes, artifact.len);
        free(module);
        return diag.is_set ? error_from_diag(&diag) : error_oom();
    }
    module->engine = engine_retain(engine);
    module->refs = 1;
    *ret = module;
    return NULL;
}

static void free_bytes(const u8 *bytes, size_t len)
{
    (void)len;
    free((void *)(uintptr_t)bytes);
}

bool module_compile(wasm_engine_t *engine, const u8 *wasm, size_t len, wasmtime_module_t **ret,
                    wasmtime_error_t **error, Diag *diag)
{
    u8 *bytes;
    size_t bytes_len;
    InterpOptions interp = engine_interp_options(engine);
    const Cache *cache = engine->is_interpreted || engine->comp.dump ? NULL : engine->cache;
    if (cache && (bytes = cache_find(cache, &engine->key, wasm, len, &bytes_len)) != NULL) {
        *error = load(engine, (RtArtifact){bytes, bytes_len, free_bytes}, ret);
        if (!*error)
            return true;
        wasmtime_error_delete(*error); /* compiled anew, it may be better */
    }
    bool is_ok = engine->is_interpreted
                     ? interp_build(wasm, len, &interp, &bytes, &bytes_len, diag)
                     : comp_compile(wasm, len, &engine->comp, &bytes, &bytes_len, diag);
    if (!is_ok)
        return false;
    if (cache)
        cache_put(cache, &engine->key, wasm, len, bytes, bytes_len);
    *error = load(engine, (RtArtifact){bytes, bytes_len, free_bytes}, ret);
    return true;
}

wasmtime_error_t *wasmtime_module_new(wasm_engine_t *engine, const uint8_t *wasm, size_t wasm_len,
                                      wasmtime_module_t **ret)
{
    Diag diag = {0};
    wasmtime_error_t *error;
    return module_compile(engine, wasm, wasm_len, ret, &error, &diag) ? error
                                                                      : compile_error(&diag);
}

bool module_validate(wasm_engine_t *engine, const u8 *wasm, size_t len, Diag *diag)
{
    Arena arena;
    WasmModule *m;
    arena_init(&arena, NULL);
    bool is_ok = wasm_decode(&arena, wasm, len, &engine->comp.wasm_features, &m, diag) &&
                 wasm_validate_all(m, diag);
    arena_free(&arena);
    return is_ok;
}

wasmtime_error_t *wasmtime_module_validate(wasm_engine_t *engine, const uint8_t *wasm,
                                           size_t wasm_len)
{
    Diag diag = {0};
    return module_validate(engine, wasm, wasm_len, &diag) ? NULL : compile_error(&diag);
}

wasmtime_error_t *wasmtime_module_serialize(const wasmtime_module_t *module, wasm_byte_vec_t *ret)
{
    const RtArtifact *artifact = &module->rt->artifact;
    wasm_byte_vec_new(ret, artifact->len, (const wasm_byte_t *)artifact->bytes);
    return ret->size == artifact->len ? NULL : error_oom();
}

/* Refuses what another engine made; the rest is judged when it is loaded. */
static wasmtime_error_t *check_key(const wasm_engine_t *engine, const u8 *bytes, size_t len)
{
    Diag diag = {0};
    const ObjHeader *header = (const ObjHeader *)(const void *)bytes;
    if (len < sizeof *header || header->magic != OBJ_MAGIC ||
        obj_key_matches(&header->key, &engine->key, &diag))
        return NULL;
    return error_from_diag(&diag);
}

/* Takes the artifact. */
static wasmtime_error_t *deserialize(wasm_engine_t *engine, RtArtifact artifact,
                                     wasmtime_module_t **ret)
{
    wasmtime_error_t *error = check_key(engine, artifact.bytes, artifact.len);
    if (!error)
        return load(engine, artifact, ret);
    artifact.release(artifact.bytes, artifact.len);
    return error;
}

wasmtime_error_t *wasmtime_module_deserialize(wasm_engine_t *engine, const uint8_t *bytes,
                                              size_t bytes_len, wasmtime_module_t **ret)
{
    u8 *copy = malloc(bytes_len + !bytes_len);
    if (!copy)
        return error_oom();
    if (bytes_len)
        memcpy(copy, bytes, bytes_len);
    return deserialize(engine, (RtArtifact){copy, bytes_len, free_bytes}, ret);
}

wasmtime_error_t *wasmtime_module_deserialize_file(wasm_engine_t *engine, const char *path,
                                                   wasmtime_module_t **ret)
{
    const u8 *bytes;
    size_t len;
    int status = os_map_file(path, &bytes, &len);
    if (status) {
        char text[OS_ERROR_TEXT_MAX];
        return error_because(error_format("failed to read %s", path), "%s",
                             os_error_text(status, text));
    }
    return deserialize(engine, (RtArtifact){bytes, len, os_unmap_file}, ret);
}

/* ---- what is in a module ---- */

/* False: memory ran out. */
static bool name_of(wasm_name_t *out, WasmStr text)
{
    wasm_byte_vec_new(out, text.len, text.at);
    return out->size == text.len;
}

static wasm_importtype_t *import_type(const RtModule *module, const WasmImport *import)
{
    wasm_name_t from, name;
    bool is_ok = name_of(&from, import->module);
    is_ok &= name_of(&name, import->name);
    wasm_externtype_t *type =
        is_ok ? types_module_extern(module, (WasmKind)import->kind, import->index) : NULL;
    return wasm_importtype_new(&from, &name, type); /* without a type: frees, and gives NULL */
}

static wasm_exporttype_t *export_type(const RtModule *module, const WasmExport *export)
{
    wasm_name_t name;
    wasm_externtype_t *type =
        name_of(&name, export->name)
            ? types_module_extern(module, (WasmKind)export->kind, export->index)
            : NULL;
    return wasm_exporttype_new(&name, type);
}

/* Both give an empty vector when memory runs out. */
void wasmtime_module_imports(const wasmtime_module_t *module, wasm_importtype_vec_t *out)
{
    const WasmModule *m = module->rt->wasm;
    bool is_whole = true;
    wasm_importtype_vec_new_uninitialized(out, m->n_imports);
    for (size_t i = 0; i < out->size && is_whole; i++) {
        out->data[i] = import_type(module->rt, &m->imports[i]);
        is_whole = out->data[i] != NULL;
    }
    if (!is_whole)
        wasm_importtype_vec_delete(out);
}

void wasmtime_module_exports(const wasmtime_module_t *module, wasm_exporttype_vec_t *out)
{
    const WasmModule *m = module->rt->wasm;
    bool is_whole = true;
    wasm_exporttype_vec_new_uninitialized(out, m->n_exports);
    for (size_t i = 0; i < out->size && is_whole; i++) {
        out->data[i] = export_type(module->rt, &m->exports[i]);
        is_whole = out->data[i] != NULL;
    }
    if (!is_whole)
        wasm_exporttype_vec_delete(out);
}

void wasmtime_module_image_range(const wasmtime_module_t *module, void **start, void **end)
{
    *start = module->rt->text;
    *end = module->rt->text + module->rt->image.header->text.len;
}
