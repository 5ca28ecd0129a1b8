/* Looking into modules: what is a compiled one, and what is inside. */
#include "api/api_int.h"

bool stint_is_compiled(const uint8_t *bytes, size_t len)
{
    return len >= 8 && load_u64(bytes) == OBJ_MAGIC;
}

bool stint_module_code_nth(const wasmtime_module_t *module, size_t index, stint_code_t *out)
{
    const RtModule *rt = module->rt;
    if (index >= rt->image.header->nfuncs || rt->interp_codes)
        return false; /* no more of it; none at all in an interpreted module */
    u32 func = rt->wasm->n_imported_funcs + (u32)index;
    u32 start = rt->image.entries[index], end = rt->image.entries[index + 1];
    WasmStr name = wasm_func_name(rt->wasm, func);
    *out = (stint_code_t){func, name.at, name.at ? name.len : 0, rt->text + start, end - start};
    return true;
}

bool stint_module_code_origin(const wasmtime_module_t *module, const uint8_t *at, size_t len,
                              uint32_t *offset)
{
    const RtModule *rt = module->rt;
    uintptr_t start = (uintptr_t)at - (uintptr_t)rt->text;
    /* Instructions are short; where in one its location is recorded depends on its kind. */
    for (size_t i = 0; i < len && start + i < rt->image.header->text.len; i++) {
        const ObjLoc *loc = obj_find_loc(&rt->image, (u32)(start + i));
        if (loc) {
            u32 origin = loc->src;
            *offset = obj_leave_place(&rt->image, &origin);
            return true;
        }
    }
    return false;
}

/* Reads the number behind a prefix: LEB128 of at most five bytes. False if it does not end. */
static bool read_code(const uint8_t *bytes, size_t len, u32 *code)
{
    *code = 0;
    for (u32 i = 0; i < len && i < 5; i++) {
        *code |= (u32)(bytes[i] & 0x7f) << (7 * i);
        if (!(bytes[i] & 0x80))
            return true;
    }
    return false;
}

const char *stint_operator_name(const uint8_t *bytes, size_t len)
{
    if (!len)
        return NULL;
    WasmOp op = wasm_op_lookup(0, bytes[0]);
    u32 code;
    if (op == WASM_OP_COUNT && read_code(bytes + 1, len - 1, &code))
        op = wasm_op_lookup(bytes[0], code);
    return op == WASM_OP_COUNT ? NULL : wasm_op_name(op);
}
