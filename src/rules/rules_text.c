#include "rules_text.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool rules_text_next(struct rules_text *t, struct span *line)
{
	const char *end;
	size_t len;

	if (t->left == 0)
		return false;
	end = memchr(t->at, '\n', t->left);
	len = end ? (size_t)(end - t->at) : t->left;
	*line = (struct span){t->at, (uint32_t)len};
	t->at += len + (end != NULL);
	t->left -= len + (end != NULL);
	if (len > 0 && line->at[len - 1] == '\r')
		line->len--;
	t->line++;
	return true;
}

/* Copy one word from *at, without quotes and escapes. Returns the end of the copy, or NULL if a
 * quote is not closed. */
static char *word(const char **at, const char *end, char *to)
{
	char quote = 0;
	const char *p = *at;

	for (; p < end && (quote || !is_blank(*p)); p++) {
		bool escapes = quote != '\'' && *p == '\\' && p + 1 < end;

		if (escapes && (p[1] == '\\' || (quote ? p[1] == quote : is_blank(p[1]))))
			*to++ = *++p;
		else if (*p == quote)
			quote = 0;
		else if (!quote && (*p == '"' || *p == '\''))
			quote = *p;
		else
			*to++ = *p;
	}
	*at = p;
	*to++ = '\0';
	return quote ? NULL : to;
}

int rules_text_split(struct span line, char *words, const char **mistake)
{
	const char *at = line.at, *end = line.at + line.len, *start;
	char *first = words;
	int count = 0;

	if (line.len > 0 && memchr(line.at, '\0', line.len)) {
		memcpy(words, line.at, line.len);
		*mistake = "a NUL byte is behind that; rules are text";
		return -1;
	}
	for (;;) {
		while (at < end && is_blank(*at))
			at++;
		if (at == end || (count == 0 && *at == '#'))
			return count;
		start = at;
		words = word(&at, end, words);
		if (!words) {
			memcpy(first, start, (size_t)(end - start));
			first[end - start] = '\0';
			*mistake = "a quote is opened and not closed; "
				   "close it, or put it into quotes of the other kind";
			return -1;
		}
		count++;
	}
}
