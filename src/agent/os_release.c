#include "os_release.h"

#include <string.h>
#include "small_file.h"
#include "span.h"

/* As go-sysinfo sorts them. */
static const struct {
	const char *family;
	const char *platforms; /* each with a blank behind it */
} families[] = {
	{"alpine", "alpine "},
	{"arch", "arch antergos manjaro "},
	{"debian", "debian ubuntu raspbian linuxmint "},
	{"redhat", "redhat fedora centos scientific oraclelinux ol amzn rhel almalinux rocky "
		   "openeuler "},
	{"suse", "suse sles opensuse "},
};

static bool is_one_of(const char *words, const char *word, size_t len)
{
	for (; *words; words += strcspn(words, " ") + 1)
		if (strcspn(words, " ") == len && memcmp(words, word, len) == 0)
			return true;
	return false;
}

/* The family of the first of the words that has one; "": none has. */
static const char *family_of(const char *words)
{
	size_t len;

	for (words += strspn(words, " "); *words; words += len, words += strspn(words, " ")) {
		len = strcspn(words, " ");
		for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
			if (is_one_of(families[i].platforms, words, len))
				return families[i].family;
	}
	return "";
}

/* A value as a shell reads it, within one pair of quotes or without. One that is too long stays
 * unknown. */
static void take_value(char value[LIMIT_OS_FACT_BYTES + 1], const char *at, const char *end)
{
	const char quote = at < end && (*at == '"' || *at == '\'') ? *at : '\0';
	size_t len = 0;

	for (at += quote != '\0'; at < end && *at != quote && len <= LIMIT_OS_FACT_BYTES; at++) {
		if (*at == '\\' && quote != '\'' && at + 1 < end)
			at++;
		value[len++] = *at;
	}
	if (len > LIMIT_OS_FACT_BYTES)
		len = 0;
	value[len] = '\0';
}

enum name {
	NAME_ID,
	NAME_ID_LIKE,
	NAME_NAME,
	NAME_VERSION,
	NAME_VERSION_ID,
	NAME_VERSION_CODENAME,
	NAME_COUNT
};

static void read_line(
	char values[NAME_COUNT][LIMIT_OS_FACT_BYTES + 1], const char *line, const char *end)
{
	static const char *const names[NAME_COUNT] = {
		"ID=", "ID_LIKE=", "NAME=", "VERSION=", "VERSION_ID=", "VERSION_CODENAME="};
	struct span text;

	while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	text = (struct span){line, (uint32_t)(end - line)};
	for (unsigned i = 0; i < NAME_COUNT; i++)
		if (span_starts(text, names[i]))
			take_value(values[i], line + strlen(names[i]), end);
}

/* The word in parentheses: "12 (bookworm)". */
static void take_codename(char *codename, const char *version)
{
	const char *word = strchr(version, '(');
	size_t len = word ? strcspn(++word, " )") : 0;

	if (len == 0 || word[len] != ')')
		return;
	memcpy(codename, word, len);
	codename[len] = '\0';
}

/* No value is longer than a fact may be, and what is behind it stays zero. */
static void take_fact(struct os_release *o, enum os_fact fact, const char *value)
{
	memcpy(o->facts[fact], value, strlen(value) + 1);
}

static void read_text(struct os_release *o, const char *text, const char *limit)
{
	char values[NAME_COUNT][LIMIT_OS_FACT_BYTES + 1] = {{0}};
	const char *family;

	for (const char *at = text, *end; at < limit; at = end + 1) {
		end = memchr(at, '\n', (size_t)(limit - at));
		if (!end)
			end = limit;
		read_line(values, at, end);
	}
	take_fact(o, OS_PLATFORM, values[NAME_ID]);
	take_fact(o, OS_NAME, values[NAME_NAME]);
	take_fact(o, OS_VERSION,
		*values[NAME_VERSION] ? values[NAME_VERSION] : values[NAME_VERSION_ID]);
	take_fact(o, OS_CODENAME, values[NAME_VERSION_CODENAME]);
	if (!*o->facts[OS_CODENAME])
		take_codename(o->facts[OS_CODENAME], values[NAME_VERSION]);
	family = family_of(values[NAME_ID]);
	take_fact(o, OS_FAMILY, *family ? family : family_of(values[NAME_ID_LIKE]));
}

bool os_release_read(struct os_release *o)
{
	const struct os_release before = *o;
	char text[LIMIT_OS_RELEASE_BYTES];
	ssize_t len = small_file_read("/etc/os-release", text, sizeof(text));

	if (len < 0)
		len = small_file_read("/usr/lib/os-release", text, sizeof(text));
	if (len < 0)
		return false;
	if (len == (ssize_t)sizeof(text)) /* the last line may go on */
		while (len > 0 && text[len - 1] != '\n')
			len--;
	*o = (struct os_release){0};
	if (len > 0)
		read_text(o, text, text + len);
	return memcmp(&before, o, sizeof(before)) != 0;
}
