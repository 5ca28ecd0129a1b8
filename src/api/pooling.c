/* The settings of libwasmtime's pooling allocator. In Stint the pools are of reservations for
 * memories and of stacks for asynchronous calls; everything else an instance needs comes from
 * malloc in few pieces, so the numbers of other slots are accepted and mean nothing. */
#include "api/api_int.h"

#include <stdlib.h>

struct wasmtime_pooling_allocation_config_t {
    uint32_t total_memories, total_stacks;
    size_t linear_memory_keep_resident, async_stack_keep_resident;
    size_t max_memory_size, table_elements; /* SIZE_MAX: nothing was said */
};

wasmtime_pooling_allocation_config_t *wasmtime_pooling_allocation_config_new(void)
{
    wasmtime_pooling_allocation_config_t *pool = malloc(sizeof *pool);
    if (pool)
        *pool = (wasmtime_pooling_allocation_config_t){
            .total_memories = 1000,
            .total_stacks = 1000,
            .max_memory_size = SIZE_MAX,
            .table_elements = SIZE_MAX,
        };
    return pool;
}

void wasmtime_pooling_allocation_config_delete(wasmtime_pooling_allocation_config_t *pool)
{
    free(pool);
}

#define DEFINE_FIELD(name, T)                                   \
    void wasmtime_pooling_allocation_config_##name##_set(       \
        wasmtime_pooling_allocation_config_t *pool, T value)    \
    {                                                           \
        pool->name = value;                                     \
    }
DEFINE_FIELD(total_memories, uint32_t)
DEFINE_FIELD(total_stacks, uint32_t)
DEFINE_FIELD(async_stack_keep_resident, size_t)
DEFINE_FIELD(linear_memory_keep_resident, size_t)
DEFINE_FIELD(max_memory_size, size_t)
DEFINE_FIELD(table_elements, size_t)

#define DEFINE_NOTHING(name, T)                                 \
    void wasmtime_pooling_allocation_config_##name##_set(       \
        wasmtime_pooling_allocation_config_t *pool, T value)    \
    {                                                           \
        (void)pool;                                             \
        (void)value;                                            \
    }
DEFINE_NOTHING(max_unused_warm_slots, uint32_t)  /* a slot is taken and given back like a stack */
DEFINE_NOTHING(decommit_batch_size, size_t)      /* each memory is cleared when it goes */
DEFINE_NOTHING(table_keep_resident, size_t)      /* from here on: not pooled */
DEFINE_NOTHING(total_tables, uint32_t)
DEFINE_NOTHING(total_core_instances, uint32_t)
DEFINE_NOTHING(total_gc_heaps, uint32_t)
DEFINE_NOTHING(max_core_instance_size, size_t)
DEFINE_NOTHING(max_memories_per_module, uint32_t)
DEFINE_NOTHING(max_tables_per_module, uint32_t)
DEFINE_NOTHING(total_component_instances, uint32_t) /* from here on: of components */
DEFINE_NOTHING(max_component_instance_size, size_t)
DEFINE_NOTHING(max_core_instances_per_component, uint32_t)
DEFINE_NOTHING(max_memories_per_component, uint32_t)
DEFINE_NOTHING(max_tables_per_component, uint32_t)

void wasmtime_pooling_allocation_strategy_set(wasm_config_t *config,
                                              const wasmtime_pooling_allocation_config_t *pool)
{
    RtOptions *rt = &config->rt;
    rt->pooled_memories = pool->total_memories;
    rt->pooled_stacks = pool->total_stacks;
    rt->keep_resident_bytes = pool->linear_memory_keep_resident;
    rt->keep_stack_bytes = pool->async_stack_keep_resident;
    rt->max_memory_bytes = pool->max_memory_size;
    rt->max_table_elems = pool->table_elements;
}
