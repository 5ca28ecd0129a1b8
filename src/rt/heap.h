/* The collected heap of a store, between the files of the room that make it; see docs/vmabi.md and
 * docs/decisions/0001-collector.md.
 *
 * heap.c owns the spaces and collects; roots.c finds what is alive; object.c reads and writes
 * objects. Whoever holds a reference in C across a call that may collect (marked below: COLLECTS)
 * makes it known as a temporary root and reads it again afterwards. */
#ifndef STINT_RT_HEAP_H
#define STINT_RT_HEAP_H

#include "rt/rt_int.h"
#include "vmabi/gc.h"

/* Values that a C function holds: linked while they are in use, newest first. */
typedef struct RtTempRoots {
    struct RtTempRoots *next;
    VmVal *values;
    const u8 *is_ref; /* by value; NULL: all are references */
    u32 n;
} RtTempRoots;

static inline void rt_push_temps(RtStore *store, RtTempRoots *temps)
{
    temps->next = store->heap.temps;
    store->heap.temps = temps;
}
static inline void rt_pop_temps(RtStore *store) { store->heap.temps = store->heap.temps->next; }

/* What a host reference stands for; a heap object has its number. */
typedef struct RtHostValue {
    void *data;
    void (*finalizer)(void *); /* may be NULL */
    u32 ref;  /* 0: the object died, or the entry is free */
    u32 next; /* list of dead or of free entries; UINT32_MAX ends it */
} RtHostValue;

/* How many hold on to a root: its store and the handles. */
typedef struct RtLife {
    i64 refs; /* atomic */
} RtLife;

/* A reference that the embedder holds. */
typedef struct RtRoot {
    RtLife *life; /* NULL: free */
    u32 ref;
    u32 generation;
    u32 next_free;
} RtRoot;

typedef struct RtHostObject {
    VmObject head; /* type VM_TYPE_NONE, len: bytes that follow */
    u32 number;    /* in store->heap.hosts */
    u32 tag;       /* 0: it is no exception */
} RtHostObject;

typedef struct RtExnObject {
    VmObject head; /* as above */
    u32 number;    /* 0 */
    u32 tag;       /* 1 + RtTag.index */
    VmVal values[];
} RtExnObject;

static inline VmObject *rt_object(const RtStore *store, u32 ref)
{
    return (VmObject *)(void *)(store->heap.base + ref);
}
static inline bool rt_is_object(u32 ref) { return ref && !(ref & 1); }

/* Takes the address space of the heap, if that was not done. False: the system refuses. */
bool rt_heap_reserve(RtStore *store);
void rt_heap_free(RtStore *store);
/* Room for an object, its header written and the rest as it comes. 0: the heap is full.
 * COLLECTS. */
u32 rt_heap_alloc(RtStore *store, u32 type, u32 len, u64 bytes);
/* Where the objects of the space in use lie, one behind the other, dead ones among them. False:
 * there is no heap. */
bool rt_heap_objects(const RtStore *store, u64 *at, u64 *end);
/* The size of an object. */
u64 rt_object_bytes(const RtStore *store, const VmObject *object);

/* Drops the roots whose last handle was released. */
void rt_prune_roots(RtHeap *heap);

/* Shows all places in the store that hold references to visit(ctx, place). */
void rt_visit_roots(RtStore *store, RtVisit visit, void *ctx);
/* The same for the references inside an object. */
void rt_visit_object(const RtStore *store, VmObject *object, RtVisit visit, void *ctx);

#endif
