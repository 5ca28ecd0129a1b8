/* Modules: compiled here, or read back from an artifact. */
#include "api/api_int.h"

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
    return error_format("failed to compile\n\nCaused by:\n    Invalid input WebAssembly code at "
                        "offset %llu: %s",
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
    if (rt_engine_options(engine->rt)->perf_map)
        rt_module_write_perf_map(module->rt);
    *ret = module;
    return NULL;
}

static void free_bytes(const u8 *bytes, size_t len)
{
    (void)len;
    free((void *)(uintptr_t)bytes);
}

wasmtime_error_t *wasmtime_module_new(wasm_engine_t *engine, const uint8_t *wasm, size_t wasm_len,
                                      wasmtime_module_t **ret)
{
    Diag diag = {0};
    u8 *bytes;
    size_t len;
    if (!comp_compile(wasm, wasm_len, &engine->comp, &bytes, &len, &diag))
        return compile_error(&diag);
    return load(engine, (RtArtifact){bytes, len, free_bytes}, ret);
}

wasmtime_error_t *wasmtime_module_validate(wasm_engine_t *engine, const uint8_t *wasm,
                                           size_t wasm_len)
{
    Diag diag = {0};
    Arena arena;
    WasmModule *m;
    arena_init(&arena, NULL);
    bool is_ok = wasm_decode(&arena, wasm, wasm_len, &engine->comp.wasm_features, &m, &diag) &&
                 wasm_validate_all(m, &diag);
    arena_free(&arena);
    return is_ok ? NULL : compile_error(&diag);
}

wasmtime_error_t *wasmtime_module_serialize(const wasmtime_module_t *module, wasm_byte_vec_t *ret)
{
    const RtArtifact *artifact = &module->rt->artifact;
    wasm_byte_vec_new(ret, artifact->len, (const wasm_byte_t *)artifact->bytes);
    return ret->size == artifact->len ? NULL : error_oom();
}

/* Is the artifact one this engine could have made? */
static wasmtime_error_t *check_key(wasm_engine_t *engine, const u8 *bytes, size_t len)
{
    Diag diag = {0};
    ObjImage image;
    if (obj_load(bytes, len, &image, &diag) &&
        obj_key_matches(&image.header->key, &engine->key, &diag))
        return NULL;
    return error_from_diag(&diag);
}

wasmtime_error_t *wasmtime_module_deserialize(wasm_engine_t *engine, const uint8_t *bytes,
                                              size_t bytes_len, wasmtime_module_t **ret)
{
    u8 *copy = malloc(bytes_len + 1);
    if (!copy)
        return error_oom();
    memcpy(copy, bytes, bytes_len);
    wasmtime_error_t *error = check_key(engine, copy, bytes_len);
    if (error) {
        free(copy);
        return error;
    }
    return load(engine, (RtArtifact){copy, bytes_len, free_bytes}, ret);
}

wasmtime_error_t *wasmtime_module_deserialize_file(wasm_engine_t *engine, const char *path,
                                                   wasmtime_module_t **ret)
{
    const u8 *bytes;
    size_t len;
    int status = os_map_file(path, &bytes, &len);
    if (status) {
        char text[OS_ERROR_TEXT_MAX];
        return error_format("failed to read %s: %s", path, os_error_text(status, text));
    }
    wasmtime_error_t *error = check_key(engine, bytes, len);
    if (error) {
        os_unmap_file(bytes, len);
        return error;
    }
    return load(engine, (RtArtifact){bytes, len, os_unmap_file}, ret);
}

static void name_of(wasm_name_t *out, WasmStr text) { wasm_byte_vec_new(out, text.len, text.at); }

void wasmtime_module_imports(const wasmtime_module_t *module, wasm_importtype_vec_t *out)
{
    const WasmModule *m = module->rt->wasm;
    wasm_importtype_vec_new_uninitialized(out, m->n_imports);
    for (size_t i = 0; i < out->size; i++) {
        const WasmImport *import = &m->imports[i];
        wasm_name_t from, name;
        name_of(&from, import->module);
        name_of(&name, import->name);
        out->data[i] = wasm_importtype_new(
            &from, &name, types_module_extern(module->rt, (WasmKind)import->kind, import->index));
    }
}

void wasmtime_module_exports(const wasmtime_module_t *module, wasm_exporttype_vec_t *out)
{
    const WasmModule *m = module->rt->wasm;
    wasm_exporttype_vec_new_uninitialized(out, m->n_exports);
    for (size_t i = 0; i < out->size; i++) {
        const WasmExport *export = &m->exports[i];
        wasm_name_t name;
        name_of(&name, export->name);
        out->data[i] = wasm_exporttype_new(
            &name, types_module_extern(module->rt, (WasmKind)export->kind, export->index));
    }
}

void wasmtime_module_image_range(const wasmtime_module_t *module, void **start, void **end)
{
    *start = module->rt->text;
    *end = module->rt->text + module->rt->image.header->text.len;
}
