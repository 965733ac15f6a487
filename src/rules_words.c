/* Numbers and words, as rules write them. */
#include "rules_build.h"

#include <ctype.h>
#include <linux/audit.h>
#include <string.h>
#include <strings.h>

const struct rule_word rules_lists[] = {
	{"user", AUDIT_FILTER_USER},
	{"task", AUDIT_FILTER_TASK},
	{"exit", AUDIT_FILTER_EXIT},
	{"exclude", AUDIT_FILTER_EXCLUDE},
	{"filesystem", AUDIT_FILTER_FS},
	{"io_uring", AUDIT_FILTER_URING_EXIT},
	{NULL, 0},
};

const struct rule_word rules_actions[] = {
	{"never", AUDIT_NEVER},
	{"always", AUDIT_ALWAYS},
	{NULL, 0},
};

enum rules_number rules_words_number(const char *text, bool negative, uint32_t *value)
{
	static const char digits[] = "0123456789abcdef";
	bool minus = negative && *text == '-';
	uint64_t most = minus ? (uint64_t)1 << 31 : UINT32_MAX;
	unsigned base = 10;
	uint64_t n = 0;

	text += minus;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	} else if (text[0] == '0') {
		base = 8;
	}
	if (!*text)
		return RULES_NO_NUMBER;
	for (; *text; text++) {
		const char *digit = memchr(digits, tolower((unsigned char)*text), base);

		if (!digit)
			return RULES_NO_NUMBER;
		if (n <= UINT32_MAX)
			n = n * base + (uint64_t)(digit - digits);
	}
	if (n > most)
		return RULES_NUMBER_TOO_LARGE;
	*value = minus ? -(uint32_t)n : (uint32_t)n;
	return RULES_NUMBER;
}

const struct rule_word *rules_words_find(const struct rule_word *words, const char *name)
{
	for (; words->name; words++)
		if (!strcasecmp(words->name, name))
			return words;
	return NULL;
}

const char *rules_words_name(const struct rule_word *words, uint32_t number)
{
	while (words->name && words->number != number)
		words++;
	return words->name;
}
