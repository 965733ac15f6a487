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
#include <string.h>

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

/* cJSON reads numbers with strtod(), which brings 10 KiB of exact rounding; the configuration has
 * whole numbers below 2^53, for which this is exact too. Others come out near enough to be refused
 * for what they are. At most 400 digits are read, so the exponent is bounded. */
static inline double cjson_strtod(const char *text, char **end)
{
	const char *at = text;
	double value = 0, scale = 1;
	int exponent = 0;
	int negative = *at == '-';

	for (at += negative; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (*at - '0');
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++)
			value += (*at - '0') * (scale /= 10);
	if (at > text + negative && (*at == 'e' || *at == 'E')) {
		int down = at[1] == '-';

		at += 1 + (at[1] == '-' || at[1] == '+');
		for (; *at >= '0' && *at <= '9'; at++)
			exponent = exponent < 400 ? exponent * 10 + (*at - '0') : exponent;
		for (; exponent > 0; exponent--)
			value = down ? value / 10 : value * 10;
	}
	if (at == text + negative)
		at = text;
	/* cJSON's variable is an unsigned char *: a store as char * would be lost here. */
	memcpy(end, &at, sizeof(at));
	return negative ? -value : value;
}

int cjson_print_is_not_linked(const char *text, const char *format, ...);

#define malloc	cjson_no_malloc
#define realloc cjson_no_realloc
#define free	cjson_no_free
#define strtod	cjson_strtod
#define sprintf cjson_print_is_not_linked
#define sscanf	cjson_print_is_not_linked

#endif
