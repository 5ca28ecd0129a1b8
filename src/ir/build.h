/* build: making IR functions, with folding and value numbering as nodes are appended.
 *
 * Everything goes through ir_emit(): fold, look up, append. Pure nodes are shared where an equal
 * one was made in a dominating block. Loads
 * are shared when an equal load in a dominating block saw the same memory: each alias group has a
 * version that changes with every write, and a chain of recent writes is searched past those that
 * provably touch other bytes. */
#ifndef STINT_IR_BUILD_H
#define STINT_IR_BUILD_H

#include "ir/ir.h"

/* Alias classes are versioned in groups: fine enough for what guests do, few enough to snapshot at
 * every branch. */
typedef enum IrGroup {
    IR_GROUP_HOST,
    IR_GROUP_TABLE,
    IR_GROUP_GLOBAL,
    IR_GROUP_MEMORY,
    IR_GROUP_GC,
    IR_GROUP_CONST, /* has one version for ever */
    IR_GROUP_COUNT
} IrGroup;

typedef struct IrVersions {
    u32 at[IR_GROUP_COUNT];
} IrVersions;

/* A write, or the state behind an unknown number of them. */
typedef struct IrVersion {
    IrRef store; /* the one write since `prev`; 0: anything may have changed */
    u32 prev;    /* version before it; meaningless when store is 0 */
} IrVersion;

/* A slot of the value table. */
typedef struct IrSlot {
    u32 epoch; /* holds a value of this function if equal to the builder's */
    IrRef ref;
    u32 version; /* of a load: the version it saw */
    u32 hash;    /* so that most other values are told apart without a look at their node */
} IrSlot;

typedef struct IrBuilder IrBuilder;

/* Simplifies a node about to be appended: returns what to use in its place, or 0. */
typedef IrRef (*IrFold)(IrBuilder *b, const IrNode *node);

struct IrBuilder {
    IrFunc *f;
    IrBlk cur;     /* block being filled; IR_NO_BLOCK in unreachable code */
    u32 src;       /* module offset given to new nodes */
    IrFold fold;   /* may be NULL */
    IrVersions versions;
    VEC(IrVersion) history; /* by version number; [0] is the state at entry */
    VEC(IrBlk) born; /* by node: block in which it was made */
    IrSlot *slots; /* value table, kept from function to function */
    u32 nslots;    /* in use for this function: a power of two */
    u32 cap_slots; /* allocated */
    u32 nvalues;   /* in use */
    u32 epoch;
    u32 fold_depth; /* bounds the rewriting of one node */
};

/* Prepares for a function of about so many nodes; *b is zero before its first use. The value table
 * lives in malloc memory until ir_builder_free. */
void ir_build_begin(IrBuilder *b, IrFunc *f, IrFold fold, u32 expected_nodes);
void ir_builder_free(IrBuilder *b);

/* A new function without blocks. */
IrFunc *ir_func_new(Arena *arena);

/* Appends a node to the current block, or returns an equal one. In unreachable code (cur is
 * IR_NO_BLOCK) nothing may be emitted. */
IrRef ir_emit(IrBuilder *b, IrOp op, IrType type, u32 a, u32 b_, u32 c);
static inline IrRef ir_emit1(IrBuilder *b, IrOp op, IrType type, IrRef a)
{
    return ir_emit(b, op, type, a, 0, 0);
}
static inline IrRef ir_emit2(IrBuilder *b, IrOp op, IrType type, IrRef a, IrRef b_)
{
    return ir_emit(b, op, type, a, b_, 0);
}
/* Integer or reference constant of a type; i32 values are cut to 32 bits. */
IrRef ir_const(IrBuilder *b, IrType type, u64 value);
/* Float constant by its bits. */
IrRef ir_fconst(IrBuilder *b, IrType type, u64 bits);
/* Vector constant by its halves; equal ones are one node. */
IrRef ir_vconst(IrBuilder *b, u64 low, u64 high);
/* Appends words to extra[]; returns the index of the first. */
u32 ir_extra(IrBuilder *b, const u32 *words, u32 n);

/* Blocks. A new one has no predecessors yet; the builder's user fills in edges. */
IrBlk ir_new_block(IrBuilder *b);
/* A phi of a block whose inputs come later by ir_set_phi. Appended at the block's head order. */
IrRef ir_new_phi(IrBuilder *b, IrBlk block, IrType type);

/* All memory may have changed (calls); or what one group holds. */
void ir_clobber_all(IrBuilder *b);
void ir_clobber_group(IrBuilder *b, IrGroup group);
/* Versions where control flow joins: equal ones survive. */
void ir_merge_versions(IrBuilder *b, IrVersions *into, const IrVersions *from);

/* Reads operands through a forwarding table and drops phis that are copies of one value:
 * a loop phi whose inputs are itself and one other value. Run once when the function is built. */
void ir_remove_copies(IrFunc *f);

IrGroup ir_alias_group(u32 alias_class);
/* Bytes that a load or store operator accesses, given the type of its value. */
u32 ir_access_bytes(IrOp op, IrType value_type);

#endif
