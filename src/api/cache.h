/* The cache of compiled code; private to api. What goes wrong with it is never an error: then there
 * is nothing in it. thread: any. */
#ifndef STINT_API_CACHE_H
#define STINT_API_CACHE_H

#include "api/api_int.h"

/* NULL allowed in both. */
Cache *cache_retain(Cache *cache);
void cache_release(Cache *cache);
/* The artifact that an engine of this key made of the module, in malloc memory; NULL: not there. */
u8 *cache_find(const Cache *cache, const ObjKey *key, const u8 *wasm, size_t len,
               size_t *artifact_len);
void cache_put(const Cache *cache, const ObjKey *key, const u8 *wasm, size_t len,
               const u8 *artifact, size_t artifact_len);

#endif
