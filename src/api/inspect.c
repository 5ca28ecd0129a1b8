/* Looking into modules: what is a compiled one, and what is inside. */
#include "api/api_int.h"

bool stint_is_compiled(const uint8_t *bytes, size_t len)
{
    return len >= 8 && load_u64(bytes) == OBJ_MAGIC;
}
