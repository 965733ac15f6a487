/*
 * cjson_noalloc.h - put before cJSON.c when it is compiled: no C library allocator in the binary.
 *
 * cJSON names malloc, free and realloc as the defaults of its hooks. Here they name functions
 * that give nothing; the program sets the hooks to an arena with cJSON_InitHooks() before it
 * calls anything else of cJSON. sprintf and sscanf serve cJSON_Print*() only, which the program
 * does not use (json.c writes documents): they are renamed to what does not exist, so that a use
 * of cJSON_Print*() does not link.
 */
#ifndef ECSAUDIT_CJSON_NOALLOC_H
#define ECSAUDIT_CJSON_NOALLOC_H

#include <stdio.h>
#include <stdlib.h>

static inline void *cjson_no_malloc(size_t size)
{
	(void)size;
	return NULL;
}

static inline void *cjson_no_realloc(void *piece, size_t size)
{
	(void)piece;
	(void)size;
	return NULL;
}

static inline void cjson_no_free(void *piece)
{
	(void)piece;
}

int cjson_print_is_not_linked(const char *text, const char *format, ...);

#define malloc	cjson_no_malloc
#define realloc cjson_no_realloc
#define free	cjson_no_free
#define sprintf cjson_print_is_not_linked
#define sscanf	cjson_print_is_not_linked

#endif
