/* The layouts that cross the C ABI, checked when this is compiled: sizes and offsets in bytes and
 * numbers of enumerations as libwasmtime 50 has them on x86-64 Linux. Programs that were compiled
 * for that library know them by heart. */
#include <wasi.h>
#include <wasm.h>
#include <wasmtime.h>

#include "test.h"

#define SIZE(T, size, align) \
    static_assert(sizeof(T) == (size) && _Alignof(T) == (align), #T " has another size")
#define AT(T, member, offset, size)                                                        \
    static_assert(offsetof(T, member) == (offset) && sizeof(((T *)0)->member) == (size), \
                  #T "." #member " is elsewhere")
#define IS(name, number) static_assert((name) == (number), #name " is another number")

/* ---- wasm.h ---- */

#define VEC(name)                        \
    SIZE(wasm_##name##_vec_t, 16, 8);    \
    AT(wasm_##name##_vec_t, size, 0, 8); \
    AT(wasm_##name##_vec_t, data, 8, 8)
VEC(byte);
VEC(val);
VEC(valtype);
VEC(functype);
VEC(globaltype);
VEC(tabletype);
VEC(memorytype);
VEC(tagtype);
VEC(externtype);
VEC(importtype);
VEC(exporttype);
VEC(frame);
VEC(extern);

SIZE(wasm_limits_t, 8, 4);
AT(wasm_limits_t, min, 0, 4);
AT(wasm_limits_t, max, 4, 4);
SIZE(wasm_val_t, 16, 8);
AT(wasm_val_t, kind, 0, 1);
AT(wasm_val_t, of, 8, 8);
AT(wasm_val_t, of.i32, 8, 4);
AT(wasm_val_t, of.f64, 8, 8);
AT(wasm_val_t, of.ref, 8, 8);

SIZE(wasm_valkind_t, 1, 1);
IS(WASM_I32, 0);
IS(WASM_I64, 1);
IS(WASM_F32, 2);
IS(WASM_F64, 3);
IS(WASM_EXTERNREF, 128);
IS(WASM_FUNCREF, 129);
SIZE(wasm_mutability_t, 1, 1);
IS(WASM_CONST, 0);
IS(WASM_VAR, 1);
SIZE(wasm_externkind_t, 1, 1);
IS(WASM_EXTERN_FUNC, 0);
IS(WASM_EXTERN_GLOBAL, 1);
IS(WASM_EXTERN_TABLE, 2);
IS(WASM_EXTERN_MEMORY, 3);
IS(WASM_EXTERN_TAG, 4);

/* ---- handles ---- */

SIZE(wasmtime_func_t, 16, 8);
AT(wasmtime_func_t, store_id, 0, 8);
AT(wasmtime_func_t, __private, 8, 8);
SIZE(wasmtime_instance_t, 16, 8);
AT(wasmtime_instance_t, store_id, 0, 8);
AT(wasmtime_instance_t, __private, 8, 8);
SIZE(wasmtime_global_t, 24, 8);
AT(wasmtime_global_t, store_id, 0, 8);
AT(wasmtime_global_t, __private1, 8, 4);
AT(wasmtime_global_t, __private2, 12, 4);
AT(wasmtime_global_t, __private3, 16, 4);

/* Padded behind __private1. */
#define HANDLE(T)             \
    SIZE(T, 24, 8);           \
    AT(T, store_id, 0, 8);    \
    AT(T, __private1, 8, 4);  \
    AT(T, __private2, 16, 4)
HANDLE(wasmtime_table_t);
HANDLE(wasmtime_memory_t);
HANDLE(wasmtime_tag_t);

#define ROOT(T)               \
    SIZE(T, 24, 8);           \
    AT(T, store_id, 0, 8);    \
    AT(T, __private1, 8, 4);  \
    AT(T, __private2, 12, 4); \
    AT(T, __private3, 16, 8)
ROOT(wasmtime_anyref_t);
ROOT(wasmtime_externref_t);
ROOT(wasmtime_exnref_t);
ROOT(wasmtime_eqref_t);
ROOT(wasmtime_structref_t);
ROOT(wasmtime_arrayref_t);

SIZE(wasmtime_extern_t, 32, 8);
AT(wasmtime_extern_t, kind, 0, 1);
AT(wasmtime_extern_t, of, 8, 24);
SIZE(wasmtime_extern_union_t, 24, 8);
AT(wasmtime_extern_union_t, func, 0, 16);
AT(wasmtime_extern_union_t, global, 0, 24);
AT(wasmtime_extern_union_t, table, 0, 24);
AT(wasmtime_extern_union_t, memory, 0, 24);
AT(wasmtime_extern_union_t, sharedmemory, 0, 8);
AT(wasmtime_extern_union_t, tag, 0, 24);
SIZE(wasmtime_extern_kind_t, 1, 1);
IS(WASMTIME_EXTERN_FUNC, 0);
IS(WASMTIME_EXTERN_GLOBAL, 1);
IS(WASMTIME_EXTERN_TABLE, 2);
IS(WASMTIME_EXTERN_MEMORY, 3);
IS(WASMTIME_EXTERN_SHAREDMEMORY, 4);
IS(WASMTIME_EXTERN_TAG, 5);

/* ---- values ---- */

SIZE(wasmtime_val_t, 32, 8);
AT(wasmtime_val_t, kind, 0, 1);
AT(wasmtime_val_t, of, 8, 24);
SIZE(wasmtime_valunion_t, 24, 8);
AT(wasmtime_valunion_t, i32, 0, 4);
AT(wasmtime_valunion_t, i64, 0, 8);
AT(wasmtime_valunion_t, f32, 0, 4);
AT(wasmtime_valunion_t, f64, 0, 8);
AT(wasmtime_valunion_t, anyref, 0, 24);
AT(wasmtime_valunion_t, externref, 0, 24);
AT(wasmtime_valunion_t, exnref, 0, 24);
AT(wasmtime_valunion_t, funcref, 0, 16);
AT(wasmtime_valunion_t, v128, 0, 16);
SIZE(wasmtime_val_raw_t, 16, 8);
AT(wasmtime_val_raw_t, i32, 0, 4);
AT(wasmtime_val_raw_t, i64, 0, 8);
AT(wasmtime_val_raw_t, f32, 0, 4);
AT(wasmtime_val_raw_t, f64, 0, 8);
AT(wasmtime_val_raw_t, v128, 0, 16);
AT(wasmtime_val_raw_t, anyref, 0, 4);
AT(wasmtime_val_raw_t, externref, 0, 4);
AT(wasmtime_val_raw_t, exnref, 0, 4);
AT(wasmtime_val_raw_t, funcref, 0, 8);
SIZE(wasmtime_valkind_t, 1, 1);
IS(WASMTIME_I32, 0);
IS(WASMTIME_I64, 1);
IS(WASMTIME_F32, 2);
IS(WASMTIME_F64, 3);
IS(WASMTIME_V128, 4);
IS(WASMTIME_FUNCREF, 5);
IS(WASMTIME_EXTERNREF, 6);
IS(WASMTIME_ANYREF, 7);
IS(WASMTIME_EXNREF, 8);

/* ---- types ---- */

SIZE(wasmtime_storage_type_t, 16, 8);
AT(wasmtime_storage_type_t, kind, 0, 1);
AT(wasmtime_storage_type_t, valtype, 8, 8);
SIZE(wasmtime_field_type_t, 24, 8);
AT(wasmtime_field_type_t, mutable_, 0, 1);
AT(wasmtime_field_type_t, storage, 8, 16);
SIZE(wasmtime_heaptype_t, 16, 8);
AT(wasmtime_heaptype_t, kind, 0, 1);
AT(wasmtime_heaptype_t, of, 8, 8);
SIZE(wasmtime_heaptype_union_t, 8, 8);
AT(wasmtime_heaptype_union_t, concrete_func, 0, 8);
AT(wasmtime_heaptype_union_t, concrete_array, 0, 8);
AT(wasmtime_heaptype_union_t, concrete_struct, 0, 8);
AT(wasmtime_heaptype_union_t, concrete_exn, 0, 8);
SIZE(wasmtime_reftype_t, 24, 8);
AT(wasmtime_reftype_t, nullable, 0, 1);
AT(wasmtime_reftype_t, heaptype, 8, 16);
SIZE(wasmtime_valtype_t, 32, 8);
AT(wasmtime_valtype_t, kind, 0, 1);
AT(wasmtime_valtype_t, reftype, 8, 24);
SIZE(wasmtime_storage_type_kind_t, 1, 1);
IS(WASMTIME_STORAGE_TYPE_KIND_I8, 0);
IS(WASMTIME_STORAGE_TYPE_KIND_I16, 1);
IS(WASMTIME_STORAGE_TYPE_KIND_VALTYPE, 2);
SIZE(wasmtime_valtype_kind_t, 1, 1);
IS(WASMTIME_VALTYPE_KIND_I32, 0);
IS(WASMTIME_VALTYPE_KIND_I64, 1);
IS(WASMTIME_VALTYPE_KIND_F32, 2);
IS(WASMTIME_VALTYPE_KIND_F64, 3);
IS(WASMTIME_VALTYPE_KIND_V128, 4);
IS(WASMTIME_VALTYPE_KIND_REF, 5);
SIZE(wasmtime_heaptype_kind_t, 1, 1);
IS(WASMTIME_HEAPTYPE_KIND_EXTERN, 0);
IS(WASMTIME_HEAPTYPE_KIND_NOEXTERN, 1);
IS(WASMTIME_HEAPTYPE_KIND_FUNC, 2);
IS(WASMTIME_HEAPTYPE_KIND_CONCRETE_FUNC, 3);
IS(WASMTIME_HEAPTYPE_KIND_NOFUNC, 4);
IS(WASMTIME_HEAPTYPE_KIND_ANY, 5);
IS(WASMTIME_HEAPTYPE_KIND_NONE, 6);
IS(WASMTIME_HEAPTYPE_KIND_EQ, 7);
IS(WASMTIME_HEAPTYPE_KIND_I31, 8);
IS(WASMTIME_HEAPTYPE_KIND_ARRAY, 9);
IS(WASMTIME_HEAPTYPE_KIND_CONCRETE_ARRAY, 10);
IS(WASMTIME_HEAPTYPE_KIND_STRUCT, 11);
IS(WASMTIME_HEAPTYPE_KIND_CONCRETE_STRUCT, 12);
IS(WASMTIME_HEAPTYPE_KIND_EXN, 13);
IS(WASMTIME_HEAPTYPE_KIND_CONCRETE_EXN, 14);
IS(WASMTIME_HEAPTYPE_KIND_NOEXN, 15);

/* ---- what the host provides ---- */

SIZE(wasmtime_linear_memory_t, 32, 8);
AT(wasmtime_linear_memory_t, env, 0, 8);
AT(wasmtime_linear_memory_t, get_memory, 8, 8);
AT(wasmtime_linear_memory_t, grow_memory, 16, 8);
AT(wasmtime_linear_memory_t, finalizer, 24, 8);

#define CREATOR(T, function)   \
    SIZE(T, 24, 8);            \
    AT(T, env, 0, 8);          \
    AT(T, function, 8, 8);     \
    AT(T, finalizer, 16, 8)
CREATOR(wasmtime_memory_creator_t, new_memory);
CREATOR(wasmtime_stack_memory_t, get_stack_memory);
CREATOR(wasmtime_stack_creator_t, new_stack);
SIZE(wasmtime_async_continuation_t, 24, 8);
AT(wasmtime_async_continuation_t, callback, 0, 8);
AT(wasmtime_async_continuation_t, env, 8, 8);
AT(wasmtime_async_continuation_t, finalizer, 16, 8);

/* ---- settings and outcomes ---- */

SIZE(wasmtime_strategy_t, 1, 1);
IS(WASMTIME_STRATEGY_AUTO, 0);
IS(WASMTIME_STRATEGY_CRANELIFT, 1);
IS(WASMTIME_STRATEGY_WINCH, 2);
SIZE(wasmtime_opt_level_t, 1, 1);
IS(WASMTIME_OPT_LEVEL_NONE, 0);
IS(WASMTIME_OPT_LEVEL_SPEED, 1);
IS(WASMTIME_OPT_LEVEL_SPEED_AND_SIZE, 2);
SIZE(wasmtime_profiling_strategy_t, 1, 1);
IS(WASMTIME_PROFILING_STRATEGY_NONE, 0);
IS(WASMTIME_PROFILING_STRATEGY_JITDUMP, 1);
IS(WASMTIME_PROFILING_STRATEGY_VTUNE, 2);
IS(WASMTIME_PROFILING_STRATEGY_PERFMAP, 3);
SIZE(wasmtime_regalloc_algorithm_t, 1, 1);
IS(WASMTIME_REGALLOC_BACKTRACKING, 0);
IS(WASMTIME_REGALLOC_SINGLE_PASS, 1);
SIZE(wasmtime_update_deadline_kind_t, 1, 1);
IS(WASMTIME_UPDATE_DEADLINE_CONTINUE, 0);
IS(WASMTIME_UPDATE_DEADLINE_YIELD, 1);
SIZE(wasmtime_trap_code_t, 1, 1);
IS(WASMTIME_TRAP_CODE_STACK_OVERFLOW, 0);
IS(WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS, 1);
IS(WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED, 9);
IS(WASMTIME_TRAP_CODE_INTERRUPT, 10);
IS(WASMTIME_TRAP_CODE_OUT_OF_FUEL, 11);
IS(WASMTIME_TRAP_CODE_CAST_FAILURE, 16);
IS(WASMTIME_TRAP_CODE_DISABLED_OPCODE, 21);
IS(WASMTIME_TRAP_CODE_STRING_OUT_OF_BOUNDS, 30);
IS(WASMTIME_TRAP_CODE_UNCAUGHT_EXCEPTION, 49);
IS(WASMTIME_TRAP_LIFT_DROPPED_STREAM, 53);

/* All of the above has been checked already; what is checked here is that it was compiled. */
static void layouts(void) { EXPECT(sizeof(bool) == 1); }

int main(void)
{
    TEST(layouts);
    return test_end();
}
