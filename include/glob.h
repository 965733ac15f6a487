/*
 * glob.h - does a file's name match a pattern? fnmatch(3) brings 16 KiB of wide characters.
 *
 * `*` any bytes, `?` one byte, `[abc]`, `[a-z]`, `[!a-z]` one of these or none of these; `\`
 * takes the special meaning from the next byte. A name that begins with a dot matches only a
 * pattern that does. A `[` that is never closed stands for itself.
 */
#ifndef ECSAUDIT_GLOB_H
#define ECSAUDIT_GLOB_H

#include <stdbool.h>

/* Time grows with the product of both lengths at most. */
bool glob_match(const char *pattern, const char *name);

#endif
