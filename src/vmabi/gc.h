/* vmabi/gc: objects of the collected heap, as generated code and the runtime both see them.
 *
 * A reference is 32 bits: 0 is null, an odd number is an i31 (its value above the lowest bit), any
 * other the distance of an object from the heap's base. docs/vmabi.md has the whole contract. */
#ifndef STINT_VMABI_GC_H
#define STINT_VMABI_GC_H

#include "base/base.h"

/* The heap's part of the address space: what 32 bits reach, then a guard for what is added to a
 * reference (VM_GC_MAX_OFFSET and the width of an access). The first bytes are never accessible:
 * an access through null faults. */
#define VM_GC_REGION_BYTES ((u64)4 << 30)
#define VM_GC_GUARD_BYTES ((u64)1 << 20)
#define VM_GC_NULL_BYTES 65536u
/* Each of the two spaces ends so far below 2 or 4 GiB that the sum of VmStore.gc_next and the size
 * of an object allocated inline does not wrap. */
#define VM_GC_SPACE_SLACK ((u64)2 << 20)
#define VM_GC_MAX_INLINE_BYTES 65536u

/* Behind the bytes for null stands an object without a type. Tests of what may be null or an i31
 * read its header in place of one. */
#define VM_GC_SENTINEL VM_GC_NULL_BYTES

/* Objects begin at multiples of 8. Lengths count elements; structs have 0. */
typedef struct VmObject {
    u32 type; /* engine-wide type id; bits above VM_TYPE_ID_BITS are 0 */
    u32 len;
} VmObject;
#define VM_GC_HEADER_BYTES 8u
#define VM_TYPE_ID_BITS 24

/* The type id of the sentinel, of host objects and exceptions: of no type that a guest can name. */
#define VM_TYPE_NONE 0u

/* What a type id stands for, for tests of types: row `id` of VmStore.type_rows. */
#define VM_TYPE_ROW_SUPERS 7u
typedef struct VmTypeRow {
    u32 supers[VM_TYPE_ROW_SUPERS]; /* by depth: the supertype there, the type itself at its own;
                                       below that UINT32_MAX */
    u32 kind;                       /* VmObjectKind */
} VmTypeRow;
#define VM_TYPE_ROW_LOG2 5
typedef enum VmObjectKind {
    VM_OBJECT_NONE, /* not a type of guests */
    VM_OBJECT_FUNC,
    VM_OBJECT_STRUCT,
    VM_OBJECT_ARRAY,
} VmObjectKind;

/* Fields lie in order, each at a multiple of its size (v128: 8), from VM_GC_HEADER_BYTES on. So a
 * subtype begins as its supertype does. */
static inline u32 vm_gc_place_field(u32 *end, u32 bytes)
{
    u32 at = ALIGN_UP(*end, MIN(bytes, 8u));
    *end = at + bytes;
    return at;
}
/* The size of an object whose last field ends at `end`. */
static inline u32 vm_gc_struct_bytes(u32 end) { return ALIGN_UP(end, 8u); }
static inline u64 vm_gc_array_bytes(u64 len, u32 elem_bytes)
{
    return ALIGN_UP(VM_GC_HEADER_BYTES + len * elem_bytes, (u64)8);
}

#endif
