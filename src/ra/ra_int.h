/* ra_int: what the files of the allocator share.
 *
 *   live.c   which values live where: definitions, extents, live-in lists
 *   next.c   how far each value's next use is; hints; pressure; calls that values live across
 *   alloc.c  the walk over the blocks, and their exits
 *   inst.c   one instruction: uses into registers, ties, temps, clobbers, defs
 *   pick.c   which register to give, and which value to evict
 *   join.c   where values are at the start of blocks; moves on edges
 *   finish.c where spill stores go, slots, the list of edits
 *   moves.c  parallel moves in sequence
 *
 * Until finish.c gives out slots, a value's slot is named by its register number: RA_SLOT(vreg).
 * Time is counted in instructions. Points, used for lifetimes, are twice as fine: instruction i
 * reads at 2i + 1 and writes at 2i + 2; a block's phis are defined at 2 * first.
 */
#ifndef STINT_RA_INT_H
#define STINT_RA_INT_H

#include "ra/ra.h"

#define NONE UINT32_MAX
#define NO_REG 0xffu

#define DEAD UINT32_MAX        /* as next use: none */
#define FAR_EXIT (1u << 22)    /* distance added for each loop an edge leaves */
#define FAR_MAX (1u << 30)     /* no distance is longer */

enum RaValFlag {
    VAL_CROSSES = 1,  /* used outside its block: has a number in live-in lists, or is */
    VAL_DEMOTED = 2,  /* in no register at block boundaries: too many lists would name it */
    VAL_PHI = 4,
    VAL_SPILLED = 8,  /* has a slot */
    VAL_STORE_AT_DEF = 16, /* stored once, right behind its definition */
    VAL_REMAT = 32,
    VAL_REF = 64,
    VAL_IN_SLOT = 128, /* a phi that is defined in its slot */
};

/* How the instruction at work reads a value. */
enum RaKind { KIND_FIXED = 1, KIND_LATE = 2, KIND_PLAIN = 4, KIND_SLOT = 8, KIND_TIED = 16 };

typedef struct RaVal {
    u32 next;      /* while in a register: instruction of its next use */
    u32 after;     /* if the instruction at work reads it: next use behind that; then its slot */
    u32 end;       /* last point where it lives, through all loops it lives through */
    u32 def_at;    /* its instruction; for phis the first of the block */
    u32 def_block;
    u32 dense;     /* its number among values in live-in lists, or NONE */
    u32 seen;      /* live.c: newest block that reads it from outside; inst.c: instruction;
                      finish.c: its slot, as a number of its width */
    u32 hint_at;   /* where `hint` is wanted; NONE: anywhere */
    u32 flows;     /* what it becomes: a phi, or what overwrites it at its last use; or NONE */
    float weight;  /* sum of its uses' frequencies */
    u64 avoid;     /* registers that calls clobber while it lives */
    float stores;  /* sum of the frequencies of stores at evictions */
    u8 class;
    u8 hint;       /* register it is to be in later, or NO_REG */
    u8 reg;        /* where it is now, or NO_REG */
    u8 def_reg;    /* where it was put when defined */
    u8 flags;      /* RaValFlag */
    u8 kinds;      /* RaKind, if `seen` is the instruction at work */
    u8 crossed;    /* log2 frequency of the hottest call it lives across */
    u8 wanted;     /* of a phi not placed yet: the register an input was given, or NO_REG */
    u8 flow_freq;  /* log2 frequency of the edge to the phi in `flows` */
} RaVal;
_Static_assert(sizeof(RaVal) == 64, "a cache line for each value");

/* A value that lives at a block's start. Lists are sorted by RaVal.dense. */
typedef struct RaLive {
    u32 vreg;
    u32 dist; /* instructions from the block's start to the nearest use, FAR_EXITs included */
} RaLive;

/* Registers an instruction takes by name. Listed last to first over the whole function. */
typedef struct RaEvent {
    u64 early; /* fixed uses, temps, early defs */
    u64 late;  /* clobbers and fixed defs */
    u32 at;
} RaEvent;

typedef struct RaMove {
    u32 vreg;
    RaLoc from, to; /* from RA_NONE: rematerialize */
    bool is_valid;  /* from a register, and the value's slot is written, too */
} RaMove;

/* Moves that happen at once, resolved when slots are known. */
typedef struct RaGroup {
    u32 at;
    u32 first, len; /* Ra.moves */
    u32 pred, succ; /* of which edge */
} RaGroup;

typedef struct RaBlockInfo {
    u32 live_at, live_len; /* Ra.live */
    u32 gen_at, gen_end;   /* Ra.gens: values read from outside */
    u32 loop;              /* header of the innermost loop around it, its own if it is one */
    u32 parent;            /* of a header: the next loop around */
    u32 join_index;        /* which predecessor it is of its only successor */
    u32 peak[RA_CLASS_COUNT]; /* most values at once; for headers: in all the loop's warm part */
    u32 across[RA_CLASS_COUNT]; /* the same across calls */
    u64 clobber;           /* registers clobbered; for headers: in all the loop's warm part */
    u64 named;             /* the same for registers that operands name */
    u32 *exit_vals;        /* values in registers at the end, in order of registers */
    u32 *entry_vals;       /* the same at the start, if it is a join */
    u64 exit_regs, exit_valid; /* which registers; those whose value's slot is written, too */
    u64 entry_regs;
    bool has_inner;        /* a loop with loops inside */
} RaBlockInfo;

/* A block reads a value from outside. */
typedef struct RaGen {
    u32 vreg;
    u32 block;
    u32 at; /* first instruction that does */
} RaGen;

/* What join.c knows of a value; each part is valid for the block or edge of its stamp. */
typedef struct RaAtJoin {
    u32 block;  /* 1 + block */
    float held; /* frequency of the edges that bring it in a register */
    u32 dirty;  /* of these, edges that bring its slot unwritten */
    u32 from_edge, to_edge; /* serials of the edge that begins or ends with it in a register */
    float lead; /* of `reg` over the others, in frequency */
    u8 reg;     /* that most of these edges bring it in */
    u8 from_reg;
    bool from_valid; /* its slot is written there, too */
} RaAtJoin;

/* A value that may be in a register at the start of a join. */
typedef struct RaCand {
    u32 vreg;
    u32 dist;   /* to its next use */
    float rank; /* higher is better */
    bool is_phi;
} RaCand;

/* Readers and writer of each place in a parallel move; 0 between uses. */
typedef struct RaPlaces {
    u32 *readers;
    u32 *writer; /* 1 + index of the move */
    u32 len;
} RaPlaces;

typedef VEC(RaEdit) RaEdits;

typedef struct Ra {
    RaFunc *f;
    Arena *arena;
    u64 live_limit; /* entries of live-in lists above which values are demoted */
    u64 class_regs[RA_CLASS_COUNT]; /* allocatable */
    float pow2[64];                 /* of log2 frequencies */
    u32 entry_freq; /* log2 of the frequency from which on a callee-saved register pays */

    RaVal *vals;
    u32 *end_block; /* by vreg: block of RaVal.end; from next.c on, of phis: their number */
    u32 *web;       /* by vreg, union-find over phis: parent, itself for a root */
    RaBlockInfo *info;
    u32 *order;  /* virtual registers by definition */
    u32 norder;
    u32 *dense;  /* vreg by number in live-in lists */
    u32 ndense;
    VEC(u32) loops; /* headers around the block being scanned, outermost first */
    VEC(RaGen) gens;
    u32 *gen_at;    /* by dense number: where its reads in gen_reads begin; ndense + 1 of them */
    u32 *
        gen_reads; /* instructions that are the first of their block to read a value from outside */
    VEC(RaLive) live;
    u32 *next;      /* by operand: next use behind the instruction, or DEAD */
    u32 *phi_next;  /* by phi */
    u32 *input_next; /* by phi with one input: the input's next use behind it */
    VEC(RaEvent) events;
    bool has_refs;
    bool has_demoted;

    /* the walk */
    u32 block, at;       /* block and instruction at work */
    u32 event;           /* events not yet behind: the next one is events.at[event - 1] */
    u64 taken;           /* registers that hold a value */
    u64 valid;           /* of these: the value's slot is written, too */
    u64 used;
    u32 held[64];        /* the value, by register */
    RaAtJoin *join;
    u32 edge;            /* serial */
    u32 state_of;        /* block whose exit the registers are as at, or NONE */
    VEC(RaCand) cands;
    VEC(RaMove) moves;
    VEC(RaGroup) entry_groups, exit_groups; /* at block starts; before terminators */
    RaEdits exit_stores; /* at block starts: what terminators defined */
    RaEdits def_stores, edits;
    VEC(u32) slot_opnds; /* operands that read slots */

    RaPlaces places;
    u32 spare;           /* a slot to put values aside in, or NONE */
} Ra;

/* alloc.c: ra_allocate with another limit for live-in lists (tests) */
void ra_allocate_within(RaFunc *f, u64 live_limit);
/* live.c */
void ra_find_live(Ra *ra);
/* next.c */
void ra_find_next(Ra *ra);
/* inst.c */
void ra_allocate_inst(Ra *ra, u32 at);
/* join.c */
/* Is the value alive at the block's start, and defined before it? Not known of demoted ones. */
bool ra_lives_into(const Ra *ra, u32 v, u32 b);
void ra_enter_block(Ra *ra, u32 b);
void ra_leave_block(Ra *ra, u32 b);
/* finish.c */
void ra_finish(Ra *ra);

/* pick.c */

/* The register among `set` that v would best be in; set is not empty and of v's class. */
u32 ra_pick(const Ra *ra, u32 v, u64 set);
/* One of `set` that v wants more than any other, or NO_REG. */
u32 ra_wish(const Ra *ra, u32 v, u64 set);
/* Is v's hint worth following? Past a fixed use that does not end the value, being in one of the
 * registers `good` matters more. */
bool ra_hint_holds(const Ra *ra, u32 v, u64 good);
/* Tells the phi that v flows into. */
void ra_note_placed(Ra *ra, u32 v, u32 r);
/* Of `set`, those that outlast the calls v lives across, if there are any that are worth it. */
u64 ra_outlasting(const Ra *ra, u32 v, u64 set);
/* Without registers that instructions of the loop around name, if that leaves any. */
u64 ra_outside_names(const Ra *ra, u64 set);
/* For something that lasts one instruction. */
u32 ra_pick_brief(const Ra *ra, u64 set);
/* How far from the instruction at work a use at `next` is. In a loop at whose header the value is
 * not in a register, a use in the next round does not count: it is lost on the way there. */
u32 ra_distance(const Ra *ra, u32 v, u32 next);
/* The register of `set`, all taken, whose value is best evicted. */
u32 ra_victim(const Ra *ra, u64 set);
/* Makes the slot of r's value valid, by a store before the instruction at work. */
void ra_save(Ra *ra, u32 r);
/* Empties r; its value can be found again. */
void ra_evict(Ra *ra, u32 r);
/* A register of `set` for v, evicting a value if need be; rather none of `keep`. */
u32 ra_take(Ra *ra, u32 v, u64 set, u64 keep);

/* moves.c */

/* Registers only, before the instruction at work; those in `free` hold nothing. */
void ra_move_registers(Ra *ra, RaMove *moves, u32 len, u64 free);
void ra_resolve_group(Ra *ra, const RaGroup *group, RaEdits *out);

static inline void ra_place(Ra *ra, u32 v, u32 r, bool is_valid)
{
    ra->vals[v].reg = (u8)r;
    ra->held[r] = v;
    ra->taken |= RA_BIT(r);
    ra->used |= RA_BIT(r);
    ra->valid = is_valid ? ra->valid | RA_BIT(r) : ra->valid & ~RA_BIT(r);
}

static inline void ra_drop(Ra *ra, u32 r)
{
    ra->vals[ra->held[r]].reg = NO_REG;
    ra->taken &= ~RA_BIT(r);
}

static inline void ra_edit(Ra *ra, RaEditKind kind, u32 v, RaLoc from, RaLoc to)
{
    vec_push(ra->arena, &ra->edits,
             (RaEdit){.at = ra->at, .vreg = v, .from = from, .to = to, .kind = (u8)kind});
}

/* Callee-saved registers that nothing uses yet. */
static inline u64 ra_new_saves(const Ra *ra)
{
    return ra->f->env->callee_saved & ~ra->used;
}

static inline float ra_freq(const Ra *ra, u32 block)
{
    return ra->pow2[MIN(ra->f->blocks[block].freq_log2, 63)];
}

static inline u32 ra_web(const Ra *ra, u32 v)
{
    while (ra->web[v] != v)
        v = ra->web[v] = ra->web[ra->web[v]];
    return v;
}

#endif
