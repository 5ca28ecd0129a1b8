/* Exceptions: throw, throw_ref and try_table, and the older try, catch, delegate and rethrow. */
#include "wasm/validate_int.h"

static const WasmFuncType *read_tag(WasmValidator *v)
{
    return wasm_type_of_tag(v->m, wasm_in_index(&v->in, "tag", v->m->n_tags));
}

/* A clause carries the tag's values and, for the _ref kinds, the exception itself. */
static void check_clause(WasmValidator *v)
{
    const u8 *at = v->in.at;
    u8 kind = in_u8(&v->in);
    if (kind > 3)
        wasm_fail(&v->in, at, "malformed catch clause: kind %u, at most 3 is known", kind);
    const WasmFuncType *tag = kind < 2 ? read_tag(v) : NULL;
    bool has_ref = kind & 1;
    u32 n_values = tag ? tag->n_params : 0, count;
    const WasmValType *types;
    wasm_v_label(v, wasm_v_read_label(v), &types, &count);
    bool fits = count == n_values + has_ref;
    for (u32 i = 0; fits && i < n_values; i++)
        fits = wasm_is_subtype(v->m, tag->params[i], types[i]);
    if (fits && has_ref)
        fits = wasm_is_subtype(v->m, wasm_with_null(WASM_T_EXNREF, false), types[n_values]);
    char values[WASM_TYPE_LIST_MAX], label[WASM_TYPE_LIST_MAX];
    if (!fits)
        wasm_fail(&v->in, at, "type mismatch: a catch clause passes %s%s to a label that takes %s",
                  wasm_type_list(values, tag ? tag->params : types, n_values),
                  has_ref ? " and an exnref" : "", wasm_type_list(label, types, count));
}

static void check_try_table(WasmValidator *v)
{
    WasmBlockType type = wasm_in_block_type(&v->in, v->m);
    WasmFuncType sig = wasm_block_sig(v->m, &type);
    v_pop_list(v, sig.params, sig.n_params);
    const u8 *at = v->in.at;
    u32 n_clauses = in_u32(&v->in);
    if (n_clauses > WASM_MAX_CATCHES)
        wasm_fail(&v->in, at, "too many catch clauses: %u, at most %u are supported", n_clauses,
                  WASM_MAX_CATCHES);
    /* Labels of clauses count from outside of the try_table. */
    for (; n_clauses; n_clauses--)
        check_clause(v);
    wasm_v_push_frame(v, FRAME_TRY_TABLE, type);
    v_push_list(v, sig.params, sig.n_params);
}

static void check_throw(WasmValidator *v)
{
    const WasmFuncType *tag = read_tag(v);
    v_pop_list(v, tag->params, tag->n_params);
    v_unreachable(v);
}

/* catch and catch_all end what is before them and begin anew with the tag's values. */
static void check_catch(WasmValidator *v, FrameKind kind)
{
    const WasmFuncType *tag = kind == FRAME_CATCH ? read_tag(v) : NULL;
    Frame *frame = v_frame(v);
    if (frame->kind != FRAME_TRY && frame->kind != FRAME_CATCH)
        wasm_fail(&v->in, v->op_at, "%s found outside of a try block", wasm_op_name(v->op));
    wasm_v_finish_frame(v);
    wasm_v_forget_inits(v, frame);
    frame->kind = (u8)kind;
    frame->is_unreachable = false;
    if (tag)
        v_push_list(v, tag->params, tag->n_params);
}

static void check_delegate(WasmValidator *v)
{
    Frame *frame = v_frame(v);
    if (frame->kind != FRAME_TRY)
        wasm_fail(&v->in, v->op_at, "delegate found outside of a try block");
    wasm_v_finish_frame(v);
    wasm_v_forget_inits(v, frame);
    WasmFuncType sig = v_sig(v, frame);
    if (frame->construct)
        wasm_v_info_close(v);
    v->frames.len--;
    v->floor = v->stack + v_frame(v)->height;
    wasm_v_read_label(v);
    v_push_list(v, sig.results, sig.n_results);
}

static void check_rethrow(WasmValidator *v)
{
    const u8 *at = v->in.at;
    u8 kind = wasm_v_read_label(v)->kind;
    if (kind != FRAME_CATCH && kind != FRAME_CATCH_ALL)
        wasm_fail(&v->in, at, "invalid rethrow label: it is not that of a catch");
    v_unreachable(v);
}

void wasm_v_exception_op(WasmValidator *v, WasmOp op)
{
    switch (op) {
    case WASM_OP_TRY_TABLE: check_try_table(v); break;
    case WASM_OP_THROW: check_throw(v); break;
    case WASM_OP_THROW_REF:
        v_pop(v, WASM_T_EXNREF);
        v_unreachable(v);
        break;
    case WASM_OP_CATCH: check_catch(v, FRAME_CATCH); break;
    case WASM_OP_CATCH_ALL: check_catch(v, FRAME_CATCH_ALL); break;
    case WASM_OP_DELEGATE: check_delegate(v); break;
    case WASM_OP_RETHROW: check_rethrow(v); break;
    default: UNREACHABLE();
    }
}
