/* Objects of the collected heap: structs, arrays, i31, tests and casts.
 *
 * A field is read and written at heap base + reference + offset, by the operators of other memory;
 * that address is part of the access and never a value of its own, so a collection between two
 * accesses moves nothing that code holds (ir_verify sees to it). What is known of a reference (not
 * null, no i31) is kept by node and block: a check that was passed, or a declared type. */
#include "front/gc.h"

#include "vmabi/gc.h"

/* So many elements of a new array are written one by one instead of by a call. */
#define MAX_UNROLLED 8u
/* Constant indices up to here become part of the offset. */
#define MAX_CONST_INDEX 0xffffu

/* ---- layout ---- */

static u32 storage_bytes(const WasmModule *m, WasmValType t)
{
    if (wasm_is_packed(t))
        return t == WASM_T_I8 ? 1 : 2;
    switch (front_type(m, t)) {
    case IR_I32: case IR_F32: case IR_GCREF: return 4;
    case IR_V128: return 16;
    default: return 8;
    }
}

static void place_fields(FrontModule *fm, Arena *arena, u32 t, u32 *next_class)
{
    const WasmType *type = &fm->m->types[t];
    FrontFields *f = &fm->fields[t];
    u32 end = VM_GC_HEADER_BYTES;
    u32 inherited = type->super == WASM_NONE ? 0 : fm->m->types[type->super].n_fields;
    f->at = arena_array_raw(arena, FrontField, type->n_fields);
    for (u32 i = 0; i < type->n_fields; i++) {
        f->at[i].offset = vm_gc_place_field(&end, storage_bytes(fm->m, type->fields[i].type));
        f->at[i].class = !type->fields[i].is_mutable ? (u32)IR_ALIAS_GC_CONST
                         : i < inherited ? fm->fields[type->super].at[i].class
                                         : (*next_class)++;
    }
    f->bytes = vm_gc_struct_bytes(end);
}

/* Mutable elements have the alias class of their storage. */
static u32 element_class(const WasmModule *m, const WasmField *element)
{
    if (!element->is_mutable)
        return IR_ALIAS_GC_CONST;
    u32 type = wasm_is_packed(element->type) ? element->type - WASM_T_I8
                                             : 2 + front_type(m, element->type);
    return IR_ALIAS_GC0 + type;
}

void gc_module_init(FrontModule *fm, Arena *arena)
{
    u32 next_class = IR_ALIAS_GC0 + 2 + IR_TYPE_COUNT; /* behind those of elements */
    fm->fields = arena_array(arena, FrontFields, fm->m->n_types);
    for (u32 t = 0; t < fm->m->n_types; t++)
        if (fm->m->types[t].kind == WASM_TYPE_STRUCT)
            place_fields(fm, arena, t, &next_class);
}

/* ---- what is known of references ---- */

enum { KNOWN_NOT_NULL, KNOWN_NOT_I31, KNOWN_ZERO };

static bool is_known(const Front *w, IrRef ref, u32 what)
{
    if (ir_is_const(w->f, ref)) {
        u64 value = ir_const_value(w->f, ref);
        return what == KNOWN_NOT_I31 ? !(value & 1) : (value == 0) == (what == KNOWN_ZERO);
    }
    if (ref >= w->known.len)
        return false;
    IrBlk block = w->known.at[ref].in[what];
    return block != IR_NO_BLOCK && ir_dominates(w->f, block, w->b->cur);
}

static void note(Front *w, IrRef ref, u32 what)
{
    if (is_known(w, ref, what) || ir_is_const(w->f, ref))
        return;
    while (w->known.len <= ref)
        vec_push(w->arena, &w->known, ((Known){{IR_NO_BLOCK, IR_NO_BLOCK, IR_NO_BLOCK}}));
    w->known.at[ref].in[what] = w->b->cur;
}

void gc_note_zero(Front *w, IrRef condition) { note(w, condition, KNOWN_ZERO); }
bool gc_is_zero(const Front *w, IrRef condition) { return is_known(w, condition, KNOWN_ZERO); }

static bool may_be_i31(WasmValType type)
{
    if (wasm_is_concrete(type))
        return false;
    switch ((WasmHeap)wasm_heap_of(type)) {
    case WASM_HEAP_STRUCT:
    case WASM_HEAP_ARRAY:
    case WASM_HEAP_NONE: return false;
    default: return true;
    }
}

void gc_note_type(Front *w, IrRef value, WasmValType type)
{
    if (!wasm_is_ref(type))
        return;
    if (!wasm_is_nullable(type))
        note(w, value, KNOWN_NOT_NULL);
    if (!may_be_i31(type))
        note(w, value, KNOWN_NOT_I31);
}

void gc_note_local(Front *w, u32 local)
{
    IrRef value = w->locals.at[local];
    if (ir_node(w->f, value)->type == IR_GCREF)
        gc_note_type(w, value, wasm_local_type(w->info, local - w->first_local) | WASM_NULLABLE);
}

static IrRef is_null(Front *w, IrRef ref)
{
    IrType type = (IrType)ir_node(w->f, ref)->type;
    return ir_emit2(w->b, IR_EQ, IR_I32, ref, ir_const(w->b, type, 0));
}

static IrRef not(Front *w, IrRef flag)
{
    return ir_emit2(w->b, IR_EQ, IR_I32, flag, number(w, 0));
}

void gc_check_null(Front *w, IrRef ref, VmTrap code)
{
    if (is_known(w, ref, KNOWN_NOT_NULL))
        return;
    front_trap_if(w, is_null(w, ref), code);
    note(w, ref, KNOWN_NOT_NULL);
}

/* ---- accesses ---- */

static IrRef context_word(Front *w, IrType type, u32 off)
{
    return ir_emit(w->b, IR_CTXLD, type, 0, 0, off);
}

static IrRef heap_base(Front *w)
{
    return context_word(w, IR_I64, (u32)offsetof(VmCtx, gc_heap));
}

/* Where something of an object is: its reference, or an ELEM made of it, and an offset. */
static IrRef place(Front *w, IrRef ref, u32 offset)
{
    return ir_emit(w->b, IR_EA, IR_I64, heap_base(w), ref, offset);
}

static IrRef load(Front *w, IrRef at, WasmValType storage, u32 class, bool is_signed)
{
    if (storage == WASM_T_I8)
        return ir_emit(w->b, is_signed ? IR_LOAD8_S : IR_LOAD8_U, IR_I32, at, class, 0);
    if (storage == WASM_T_I16)
        return ir_emit(w->b, is_signed ? IR_LOAD16_S : IR_LOAD16_U, IR_I32, at, class, 0);
    return ir_emit(w->b, IR_PLOAD, front_type(w->m, storage), at, class, 0);
}

static void store_value(Front *w, IrRef at, IrRef value, u32 class)
{
    const u32 words[2] = {0, class};
    ir_emit(w->b, IR_PSTORE, IR_VOID, at, value, ir_extra(w->b, words, 2));
}

static void store(Front *w, IrRef at, IrRef value, WasmValType storage, u32 class)
{
    if (wasm_is_packed(storage))
        ir_emit(w->b, storage == WASM_T_I8 ? IR_STORE8 : IR_STORE16, IR_VOID, at, value, class);
    else
        store_value(w, at, value, class);
}

/* ---- allocation ---- */

static IrRef type_id(Front *w, u32 type)
{
    return context_word(w, IR_I32, w->fm->layout.type_ids + type * (u32)sizeof(u32));
}

static IrRef store_pointer(Front *w)
{
    return context_word(w, IR_I64, (u32)offsetof(VmCtx, store));
}

static IrRef store_word(Front *w, IrType type, u32 off)
{
    return ir_emit(w->b, IR_PLOAD, type, store_pointer(w), IR_ALIAS_STORE, off);
}

/* Takes what lies between gc_next and `end` (an i32) unless `is_full`; else calls for an object.
 * Between the check and the first write to the object nothing collects. */
static IrRef take(Front *w, IrRef is_full, IrRef end, VmLibcall call, IrRef type, IrRef size)
{
    const IrRef args[] = {type, size};
    Fork fork = control_fork(w, is_full);
    w->f->blocks.at[w->b->cur].is_cold = true;
    IrRef made = front_libcall(w, call, args, 2);
    control_fork_else(w, &fork, made);
    IrRef taken = store_word(w, IR_GCREF, (u32)offsetof(VmStore, gc_next));
    const u32 words[2] = {(u32)offsetof(VmStore, gc_next), IR_ALIAS_STORE};
    ir_emit(w->b, IR_PSTORE, IR_VOID, store_pointer(w), end, ir_extra(w->b, words, 2));
    IrRef ref = control_fork_join(w, &fork, taken);
    note(w, ref, KNOWN_NOT_NULL);
    note(w, ref, KNOWN_NOT_I31);
    return ref;
}

static void store_header(Front *w, IrRef ref, IrRef type, IrRef len)
{
    if (ir_is_const(w->f, len) && ir_const_value(w->f, len) == 0) {
        store_value(w, place(w, ref, 0), widen(w, type), IR_ALIAS_GC_CONST);
        return;
    }
    store_value(w, place(w, ref, (u32)offsetof(VmObject, type)), type, IR_ALIAS_GC_CONST);
    store_value(w, place(w, ref, (u32)offsetof(VmObject, len)), len, IR_ALIAS_GC_CONST);
}

/* A struct whose fields are still to be written. */
static IrRef new_struct(Front *w, u32 type)
{
    front_charge(w);
    u32 bytes = w->fm->fields[type].bytes;
    IrRef id = type_id(w, type);
    if (bytes > VM_GC_MAX_INLINE_BYTES) {
        const IrRef args[] = {id, number(w, bytes)};
        IrRef ref = front_libcall(w, VM_LIBCALL_GC_STRUCT, args, 2);
        note(w, ref, KNOWN_NOT_NULL);
        return ref;
    }
    IrRef next = store_word(w, IR_I32, (u32)offsetof(VmStore, gc_next));
    IrRef limit = store_word(w, IR_I32, (u32)offsetof(VmStore, gc_limit));
    IrRef end = ir_emit2(w->b, IR_ADD, IR_I32, next, number(w, bytes));
    IrRef is_full = ir_emit2(w->b, IR_LT_U, IR_I32, limit, end);
    IrRef ref = take(w, is_full, end, VM_LIBCALL_GC_STRUCT, id, number(w, bytes));
    store_header(w, ref, id, number(w, 0));
    return ref;
}

/* An array whose elements are still to be written. Sums are of 64 bits: no length wraps them. */
static IrRef new_array(Front *w, u32 type, IrRef len)
{
    front_charge(w);
    u32 log2 = ctz32(storage_bytes(w->m, w->m->types[type].fields[0].type));
    IrRef id = type_id(w, type);
    IrRef bytes = ir_emit2(w->b, IR_SHL, IR_I64, widen(w, len), ir_const(w->b, IR_I64, log2));
    bytes = ir_emit2(w->b, IR_ADD, IR_I64, bytes, ir_const(w->b, IR_I64, VM_GC_HEADER_BYTES + 7));
    bytes = ir_emit2(w->b, IR_AND, IR_I64, bytes, ir_const(w->b, IR_I64, ~(u64)7));
    IrRef next = widen(w, store_word(w, IR_I32, (u32)offsetof(VmStore, gc_next)));
    IrRef limit = widen(w, store_word(w, IR_I32, (u32)offsetof(VmStore, gc_limit)));
    IrRef end = ir_emit2(w->b, IR_ADD, IR_I64, next, bytes);
    IrRef is_full = ir_emit2(w->b, IR_LT_U, IR_I32, limit, end);
    IrRef ref = take(w, is_full, ir_emit1(w->b, IR_WRAP, IR_I32, end), VM_LIBCALL_GC_ARRAY, id,
                     len);
    store_header(w, ref, id, len);
    return ref;
}

/* ---- structs ---- */

static u32 read_type(Front *w) { return w->m->types[wasm_read_u32(&w->reader)].canon; }

static void struct_new(Front *w, bool is_default)
{
    u32 type = read_type(w);
    const WasmType *t = &w->m->types[type];
    const FrontFields *f = &w->fm->fields[type];
    IrRef ref = new_struct(w, type);
    for (u32 i = t->n_fields; i-- > 0;) {
        WasmValType storage = t->fields[i].type;
        IrRef value = is_default ? front_zero(w, front_type(w->m, wasm_unpacked(storage))) : pop(w);
        store(w, place(w, ref, f->at[i].offset), value, storage, f->at[i].class);
    }
    push(w, ref);
}

static void struct_get(Front *w, bool is_signed)
{
    u32 type = read_type(w), field = wasm_read_u32(&w->reader);
    WasmValType storage = w->m->types[type].fields[field].type;
    const FrontField *f = &w->fm->fields[type].at[field];
    IrRef ref = pop(w);
    gc_check_null(w, ref, VM_TRAP_NULL_REFERENCE);
    IrRef value = load(w, place(w, ref, f->offset), storage, f->class, is_signed);
    gc_note_type(w, value, storage);
    push(w, value);
}

static void struct_set(Front *w)
{
    u32 type = read_type(w), field = wasm_read_u32(&w->reader);
    const FrontField *f = &w->fm->fields[type].at[field];
    IrRef value = pop(w), ref = pop(w);
    front_charge(w);
    gc_check_null(w, ref, VM_TRAP_NULL_REFERENCE);
    store(w, place(w, ref, f->offset), value, w->m->types[type].fields[field].type, f->class);
}

/* ---- arrays ---- */

static IrRef array_len(Front *w, IrRef ref)
{
    gc_check_null(w, ref, VM_TRAP_NULL_REFERENCE);
    return ir_emit(w->b, IR_PLOAD, IR_I32, place(w, ref, (u32)offsetof(VmObject, len)),
                   IR_ALIAS_GC_CONST, 0);
}

static IrRef element_place(Front *w, IrRef ref, IrRef index, u32 bytes)
{
    if (ir_is_const(w->f, index) && ir_const_value(w->f, index) <= MAX_CONST_INDEX)
        return place(w, ref, VM_GC_HEADER_BYTES + (u32)ir_const_value(w->f, index) * bytes);
    IrRef elem = ir_emit(w->b, IR_ELEM, IR_I32, ref, index, ctz32(bytes));
    return place(w, elem, VM_GC_HEADER_BYTES);
}

static const WasmField *element_of(const Front *w, u32 type) { return w->m->types[type].fields; }

/* Where an element is, its array and index checked. */
static IrRef checked_place(Front *w, u32 type, IrRef ref, IrRef index)
{
    IrRef len = array_len(w, ref);
    front_trap_if(w, ir_emit2(w->b, IR_LE_U, IR_I32, len, index), VM_TRAP_ARRAY_OUT_OF_BOUNDS);
    return element_place(w, ref, index, storage_bytes(w->m, element_of(w, type)->type));
}

static void array_get(Front *w, bool is_signed)
{
    u32 type = read_type(w);
    IrRef index = pop(w), ref = pop(w);
    const WasmField *element = element_of(w, type);
    IrRef at = checked_place(w, type, ref, index);
    IrRef value = load(w, at, element->type, element_class(w->m, element), is_signed);
    gc_note_type(w, value, element->type);
    push(w, value);
}

static void array_set(Front *w)
{
    u32 type = read_type(w);
    IrRef value = pop(w), index = pop(w), ref = pop(w);
    const WasmField *element = element_of(w, type);
    front_charge(w);
    IrRef at = checked_place(w, type, ref, index);
    store(w, at, value, element->type, element_class(w->m, element));
}

static void fill_vectors(Front *w, IrRef ref, IrRef start, IrRef value, IrRef len)
{
    IrRef low = ir_emit(w->b, IR_I64X2_EXTRACT, IR_I64, value, 0, 0);
    IrRef high = ir_emit(w->b, IR_I64X2_EXTRACT, IR_I64, value, 1, 0);
    const IrRef args[] = {ref, start, low, high, len};
    front_libcall(w, VM_LIBCALL_ARRAY_FILL_V128, args, 5);
}

/* Writes value to so many elements, by the call for its type. */
static void fill(Front *w, IrRef ref, IrRef start, IrRef value, IrRef len)
{
    VmLibcall call = VM_LIBCALL_ARRAY_FILL;
    switch ((IrType)ir_node(w->f, value)->type) {
    case IR_V128: fill_vectors(w, ref, start, value, len); return;
    case IR_REF: call = VM_LIBCALL_ARRAY_FILL_REF; break;
    case IR_GCREF: call = VM_LIBCALL_ARRAY_FILL_GCREF; break;
    case IR_I32: value = widen(w, value); break;
    case IR_F32: value = widen(w, ir_emit1(w->b, IR_BITCAST, IR_I32, value)); break;
    case IR_F64: value = ir_emit1(w->b, IR_BITCAST, IR_I64, value); break;
    default: break;
    }
    const IrRef args[] = {ref, start, value, len};
    front_libcall(w, call, args, 4);
}

static void array_new(Front *w, bool is_default)
{
    u32 type = read_type(w);
    const WasmField *element = element_of(w, type);
    IrRef len = pop(w);
    IrType value_type = front_type(w->m, wasm_unpacked(element->type));
    IrRef value = is_default ? front_zero(w, value_type) : pop(w);
    front_charge_length(w, len);
    IrRef ref = new_array(w, type, len);
    bool is_short = ir_is_const(w->f, len) && ir_const_value(w->f, len) <= MAX_UNROLLED;
    u32 bytes = storage_bytes(w->m, element->type);
    for (u32 i = 0; is_short && i < ir_const_value(w->f, len); i++)
        store(w, element_place(w, ref, number(w, i), bytes), value, element->type,
              element_class(w->m, element));
    if (!is_short)
        fill(w, ref, number(w, 0), value, len);
    push(w, ref);
}

static void array_new_fixed(Front *w)
{
    u32 type = read_type(w), n = wasm_read_u32(&w->reader);
    const WasmField *element = element_of(w, type);
    IrRef ref = new_array(w, type, number(w, n));
    u32 bytes = storage_bytes(w->m, element->type);
    for (u32 i = n; i-- > 0;)
        store(w, element_place(w, ref, number(w, i), bytes), pop(w), element->type,
              element_class(w->m, element));
    push(w, ref);
}

static void array_new_segment(Front *w, VmLibcall call)
{
    u32 type = read_type(w), segment = wasm_read_u32(&w->reader);
    IrRef len = pop(w), start = pop(w);
    const IrRef args[] = {type_id(w, type), number(w, segment), start, len};
    front_charge_length(w, len);
    IrRef ref = front_libcall(w, call, args, 4);
    note(w, ref, KNOWN_NOT_NULL);
    note(w, ref, KNOWN_NOT_I31);
    push(w, ref);
}

static void array_init_segment(Front *w, VmLibcall call)
{
    wasm_read_u32(&w->reader); /* the array knows its type */
    u32 segment = wasm_read_u32(&w->reader);
    IrRef len = pop(w), from = pop(w), at = pop(w), ref = pop(w);
    front_charge_length(w, len);
    gc_check_null(w, ref, VM_TRAP_NULL_REFERENCE);
    const IrRef args[] = {ref, at, number(w, segment), from, len};
    front_libcall(w, call, args, 5);
}

static void array_fill(Front *w)
{
    wasm_read_u32(&w->reader);
    IrRef len = pop(w), value = pop(w), at = pop(w), ref = pop(w);
    front_charge_length(w, len);
    gc_check_null(w, ref, VM_TRAP_NULL_REFERENCE);
    fill(w, ref, at, value, len);
}

static void array_copy(Front *w)
{
    wasm_read_u32(&w->reader);
    wasm_read_u32(&w->reader);
    IrRef len = pop(w), from = pop(w), source = pop(w), at = pop(w), ref = pop(w);
    front_charge_length(w, len);
    gc_check_null(w, ref, VM_TRAP_NULL_REFERENCE);
    gc_check_null(w, source, VM_TRAP_NULL_REFERENCE);
    const IrRef args[] = {ref, at, source, from, len};
    front_libcall(w, VM_LIBCALL_ARRAY_COPY, args, 5);
}

/* ---- tests ---- */

/* A word of the row of a type. */
static IrRef row_word(Front *w, IrRef id, u32 off)
{
    IrRef at = ir_emit2(w->b, IR_SHL, IR_I64, widen(w, id),
                        ir_const(w->b, IR_I64, VM_TYPE_ROW_LOG2));
    IrRef rows = ir_emit(w->b, IR_PLOAD, IR_I64, store_pointer(w), IR_ALIAS_GC_CONST,
                         (u32)offsetof(VmStore, type_rows));
    at = ir_emit2(w->b, IR_ADD, IR_I64, rows, at);
    return ir_emit(w->b, IR_PLOAD, IR_I32, at, IR_ALIAS_GC_CONST, off);
}

IrRef gc_type_matches(Front *w, IrRef id, u32 type)
{
    const WasmType *t = &w->m->types[type];
    IrRef wanted = type_id(w, type);
    if (t->is_final)
        return ir_emit2(w->b, IR_EQ, IR_I32, id, wanted);
    if (t->depth < VM_TYPE_ROW_SUPERS)
        return ir_emit2(w->b, IR_EQ, IR_I32, row_word(w, id, t->depth * (u32)sizeof(u32)), wanted);
    const IrRef args[] = {id, wanted};
    return front_libcall(w, VM_LIBCALL_CHECK_SUBTYPE, args, 2);
}

static bool is_func(const Front *w, IrRef ref) { return ir_node(w->f, ref)->type == IR_REF; }

/* The canonical type of what a reference names, which is neither null nor an i31. */
static IrRef id_of(Front *w, IrRef ref)
{
    if (is_func(w, ref))
        return ir_emit(w->b, IR_PLOAD, IR_I32, ref, IR_ALIAS_GC_CONST,
                       (u32)offsetof(VmFuncRef, type_id));
    return ir_emit(w->b, IR_PLOAD, IR_I32, place(w, ref, 0), IR_ALIAS_GC_CONST, 0);
}

/* The reference, or where it is null or an i31 an object that has no type. */
static IrRef stand_in(Front *w, IrRef ref)
{
    IrRef other = ir_const(w->b, IR_GCREF, VM_GC_SENTINEL), safe = ref;
    if (!is_known(w, ref, KNOWN_NOT_NULL))
        safe = ir_emit(w->b, IR_SELECT, IR_GCREF, is_null(w, ref), other, safe);
    if (!is_known(w, ref, KNOWN_NOT_I31))
        safe = ir_emit(w->b, IR_SELECT, IR_GCREF, ir_emit1(w->b, IR_IS_I31, IR_I32, ref), other,
                       safe);
    return safe;
}

static IrRef kind_is(Front *w, IrRef ref, VmObjectKind kind)
{
    IrRef found = row_word(w, id_of(w, ref), (u32)offsetof(VmTypeRow, kind));
    return ir_emit2(w->b, IR_EQ, IR_I32, found, number(w, kind));
}

/* Does the reference, null aside, belong to a heap type? An i32; `safe` stands in for it where it
 * has no header. */
static IrRef in_heap_type(Front *w, IrRef ref, IrRef safe, WasmValType type)
{
    if (wasm_is_concrete(type))
        return gc_type_matches(w, id_of(w, safe), wasm_heap_of(type));
    switch ((WasmHeap)wasm_heap_of(type)) {
    case WASM_HEAP_I31: return ir_emit1(w->b, IR_IS_I31, IR_I32, ref);
    case WASM_HEAP_STRUCT: return kind_is(w, safe, VM_OBJECT_STRUCT);
    case WASM_HEAP_ARRAY: return kind_is(w, safe, VM_OBJECT_ARRAY);
    case WASM_HEAP_EQ:
        return ir_emit2(w->b, IR_OR, IR_I32, ir_emit1(w->b, IR_IS_I31, IR_I32, ref),
                        not(w, kind_is(w, safe, VM_OBJECT_NONE)));
    default: UNREACHABLE();
    }
}

/* Types to which everything of their hierarchy, or nothing but null belongs. */
static bool is_top(WasmValType type)
{
    u32 heap = wasm_heap_of(type);
    return wasm_is_abstract(type) && (heap == WASM_HEAP_ANY || heap == WASM_HEAP_EXTERN ||
                                      heap == WASM_HEAP_FUNC || heap == WASM_HEAP_EXN);
}

static bool is_bottom(WasmValType type)
{
    u32 heap = wasm_heap_of(type);
    return wasm_is_abstract(type) && (heap == WASM_HEAP_NONE || heap == WASM_HEAP_NOEXTERN ||
                                      heap == WASM_HEAP_NOFUNC || heap == WASM_HEAP_NOEXN);
}

/* Of a function that may be null. */
static IrRef func_matches(Front *w, IrRef ref, WasmValType type)
{
    Fork fork = control_fork(w, is_null(w, ref));
    control_fork_else(w, &fork, number(w, wasm_is_nullable(type)));
    return control_fork_join(w, &fork, in_heap_type(w, ref, ref, type));
}

static IrRef matches(Front *w, IrRef ref, WasmValType type)
{
    if (is_bottom(type))
        return wasm_is_nullable(type) ? is_null(w, ref) : number(w, 0);
    if (is_top(type))
        return wasm_is_nullable(type) || is_known(w, ref, KNOWN_NOT_NULL)
                   ? number(w, 1)
                   : not(w, is_null(w, ref));
    if (is_func(w, ref) && !is_known(w, ref, KNOWN_NOT_NULL))
        return func_matches(w, ref, type);
    IrRef is_of = in_heap_type(w, ref, is_func(w, ref) ? ref : stand_in(w, ref), type);
    if (!wasm_is_nullable(type) || is_known(w, ref, KNOWN_NOT_NULL))
        return is_of;
    return ir_emit2(w->b, IR_OR, IR_I32, is_null(w, ref), is_of);
}

/* ---- casts ---- */

/* Traps unless a reference that is not null is of the type. */
static void check_not_null(Front *w, IrRef ref, WasmValType type)
{
    bool has_header = is_func(w, ref) || is_known(w, ref, KNOWN_NOT_I31);
    IrRef safe = ref;
    if (wasm_is_abstract(type) && wasm_heap_of(type) == WASM_HEAP_EQ)
        safe = stand_in(w, ref);
    else if (!has_header && (!wasm_is_abstract(type) || wasm_heap_of(type) != WASM_HEAP_I31))
        front_trap_if(w, ir_emit1(w->b, IR_IS_I31, IR_I32, ref), VM_TRAP_CAST_FAILURE);
    front_trap_if(w, not(w, in_heap_type(w, ref, safe, type)), VM_TRAP_CAST_FAILURE);
}

static void check_cast(Front *w, IrRef ref, WasmValType type)
{
    bool may_be_null = !is_known(w, ref, KNOWN_NOT_NULL);
    if (is_top(type) || is_bottom(type)) {
        front_trap_if(w, not(w, matches(w, ref, type)), VM_TRAP_CAST_FAILURE);
    } else if (!wasm_is_nullable(type) || !may_be_null) {
        gc_check_null(w, ref, VM_TRAP_CAST_FAILURE);
        check_not_null(w, ref, type);
    } else if (!(ir_is_const(w->f, ref) && ir_const_value(w->f, ref) == 0)) {
        Detour detour = control_detour(w, not(w, is_null(w, ref)));
        check_not_null(w, ref, type);
        control_rejoin(w, &detour);
    }
}

static WasmValType read_target(Front *w, bool is_nullable)
{
    return wasm_read_heap_type(&w->reader, w->m) | (is_nullable ? WASM_NULLABLE : 0);
}

static void ref_cast(Front *w, bool is_nullable)
{
    WasmValType type = read_target(w, is_nullable);
    IrRef ref = vec_last(&w->stack);
    check_cast(w, ref, type);
    gc_note_type(w, ref, type);
}

static void branch_on_cast(Front *w, bool on_success)
{
    u32 flags = wasm_read_u8(&w->reader), depth = wasm_read_u32(&w->reader);
    WasmValType from = read_target(w, flags & 1), to = read_target(w, flags & 2);
    IrRef ref = vec_last(&w->stack);
    gc_note_type(w, ref, from);
    control_branch_if(w, matches(w, ref, to), on_success, depth);
    if (w->b->cur == IR_NO_BLOCK)
        return;
    if (!on_success)
        gc_note_type(w, ref, to);
    else if (wasm_is_nullable(to))
        note(w, ref, KNOWN_NOT_NULL);
}

static void i31_get(Front *w, IrOp op)
{
    IrRef ref = pop(w);
    gc_check_null(w, ref, VM_TRAP_NULL_REFERENCE);
    push(w, ir_emit1(w->b, op, IR_I32, ref));
}

static void ref_i31(Front *w)
{
    IrRef ref = ir_emit1(w->b, IR_I31NEW, IR_GCREF, pop(w));
    note(w, ref, KNOWN_NOT_NULL);
    push(w, ref);
}

static void ref_eq(Front *w)
{
    IrRef b = pop(w), a = pop(w);
    push(w, ir_emit2(w->b, IR_EQ, IR_I32, a, b));
}

static bool reference_op(Front *w, WasmOp op)
{
    switch (op) {
    case WASM_OP_REF_EQ: ref_eq(w); return true;
    case WASM_OP_REF_I31: ref_i31(w); return true;
    case WASM_OP_I31_GET_S: i31_get(w, IR_I31GET_S); return true;
    case WASM_OP_I31_GET_U: i31_get(w, IR_I31GET_U); return true;
    case WASM_OP_REF_TEST:
    case WASM_OP_REF_TEST_NULL: {
        WasmValType type = read_target(w, op == WASM_OP_REF_TEST_NULL);
        push(w, matches(w, pop(w), type));
        return true;
    }
    case WASM_OP_REF_CAST: ref_cast(w, false); return true;
    case WASM_OP_REF_CAST_NULL: ref_cast(w, true); return true;
    case WASM_OP_BR_ON_CAST: branch_on_cast(w, true); return true;
    case WASM_OP_BR_ON_CAST_FAIL: branch_on_cast(w, false); return true;
    case WASM_OP_ANY_CONVERT_EXTERN: /* one reference, seen from two sides */
    case WASM_OP_EXTERN_CONVERT_ANY: return true;
    default: return false;
    }
}

bool gc_op(Front *w, WasmOp op)
{
    switch (op) {
    case WASM_OP_STRUCT_NEW: struct_new(w, false); return true;
    case WASM_OP_STRUCT_NEW_DEFAULT: struct_new(w, true); return true;
    case WASM_OP_STRUCT_GET: struct_get(w, false); return true;
    case WASM_OP_STRUCT_GET_S: struct_get(w, true); return true;
    case WASM_OP_STRUCT_GET_U: struct_get(w, false); return true;
    case WASM_OP_STRUCT_SET: struct_set(w); return true;
    case WASM_OP_ARRAY_NEW: array_new(w, false); return true;
    case WASM_OP_ARRAY_NEW_DEFAULT: array_new(w, true); return true;
    case WASM_OP_ARRAY_NEW_FIXED: array_new_fixed(w); return true;
    case WASM_OP_ARRAY_NEW_DATA: array_new_segment(w, VM_LIBCALL_ARRAY_NEW_DATA); return true;
    case WASM_OP_ARRAY_NEW_ELEM: array_new_segment(w, VM_LIBCALL_ARRAY_NEW_ELEM); return true;
    case WASM_OP_ARRAY_GET: array_get(w, false); return true;
    case WASM_OP_ARRAY_GET_S: array_get(w, true); return true;
    case WASM_OP_ARRAY_GET_U: array_get(w, false); return true;
    case WASM_OP_ARRAY_SET: array_set(w); return true;
    case WASM_OP_ARRAY_LEN: push(w, array_len(w, pop(w))); return true;
    case WASM_OP_ARRAY_FILL: array_fill(w); return true;
    case WASM_OP_ARRAY_COPY: array_copy(w); return true;
    case WASM_OP_ARRAY_INIT_DATA: array_init_segment(w, VM_LIBCALL_ARRAY_INIT_DATA); return true;
    case WASM_OP_ARRAY_INIT_ELEM: array_init_segment(w, VM_LIBCALL_ARRAY_INIT_ELEM); return true;
    default: return reference_op(w, op);
    }
}
