#include "glob.h"

#include <stddef.h>
#include <string.h>

/* Past the ']' of a set that begins at `set`, or NULL. The first byte may be a ']' itself. */
static const char *set_end(const char *set)
{
	const char *first = set + 1 + (set[1] == '!' || set[1] == '^');
	const char *end = *first ? strchr(first + 1, ']') : NULL;

	return end ? end + 1 : NULL;
}

static bool in_set(const char *set, const char *end, unsigned char c)
{
	bool negated = set[1] == '!' || set[1] == '^';
	const unsigned char *at = (const unsigned char *)set + 1 + negated;
	const unsigned char *last = (const unsigned char *)end - 1;
	bool found = false;

	while (at < last) {
		if (at + 2 < last && at[1] == '-') {
			found |= at[0] <= c && c <= at[2];
			at += 3;
		} else {
			found |= *at++ == c;
		}
	}
	return found != negated;
}

/* Match one byte against the pattern's first part. Returns past that part, or NULL. */
static const char *match_one(const char *pattern, char c)
{
	const char *end;

	switch (*pattern) {
	case '?':
		return pattern + 1;
	case '[':
		end = set_end(pattern);
		if (end)
			return in_set(pattern, end, (unsigned char)c) ? end : NULL;
		break;
	case '\\':
		if (pattern[1])
			pattern++;
		break;
	default:
		break;
	}
	return *pattern == c ? pattern + 1 : NULL;
}

bool glob_match(const char *pattern, const char *name)
{
	const char *star = NULL; /* behind the last '*', and where it was tried */
	const char *tried = NULL;

	if (*name == '.' && *pattern != '.')
		return false;
	while (*name) {
		const char *next = *pattern == '*' ? NULL : match_one(pattern, *name);

		if (*pattern == '*') {
			star = ++pattern;
			tried = name;
		} else if (next && *pattern) {
			pattern = next;
			name++;
		} else if (star) {
			pattern = star;
			name = ++tried;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
