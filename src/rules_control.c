#include "rules_build.h"

#include <string.h>

static bool number(struct rules_build *b, const char *option, const char *text, uint32_t most,
	const char *takes, uint32_t *value)
{
	if (rules_words_number(text, false, value) == RULES_NUMBER && *value <= most)
		return true;
	return rules_mistake(b, "%s " RULES_WORD ": it takes %s", option, text, takes);
}

static bool enabled(struct rules_build *b, const char *value)
{
	return number(b, "-e", value, 2, "0 (off), 1 (on) or 2 (on and locked)",
		&b->line->control.enabled);
}

static bool failure(struct rules_build *b, const char *value)
{
	return number(b, "-f", value, AUDIT_FAIL_PANIC, "0 (silent), 1 (printk) or 2 (panic)",
		&b->line->control.failure);
}

static bool rate_limit(struct rules_build *b, const char *value)
{
	return number(b, "-r", value, UINT32_MAX,
		"records a second, 1 to 4294967295, or 0 for no limit",
		&b->line->control.rate_limit);
}

static bool backlog_limit(struct rules_build *b, const char *value)
{
	return number(b, "-b", value, UINT32_MAX, "a number of records, 0 to 4294967295",
		&b->line->control.backlog_limit);
}

static bool backlog_wait_time(struct rules_build *b, const char *value)
{
	return number(b, "--backlog_wait_time", value, UINT32_MAX,
		"a number of jiffies, 0 to 4294967295", &b->line->control.backlog_wait_time);
}

static bool equivalent(struct rules_build *b, const char *value)
{
	char *comma = strchr(value, ',');

	if (!comma || comma == value || !comma[1] || strchr(comma + 1, ','))
		return rules_mistake(b,
			"-q " RULES_WORD ": it takes two paths with a comma between them, "
			"MOUNT,SUBTREE",
			value);
	*comma = '\0'; /* in line->words */
	b->line->control.mount = value;
	b->line->control.subtree = comma + 1;
	return true;
}

static bool read_file(struct rules_build *b, const char *value)
{
	b->line->control.file = value;
	return *value || rules_mistake(b, "-R \"\": the file has no name; write -R FILE");
}

const struct rules_option rules_control_options[] = {
	{"-D", RULES_DELETE_ALL, NULL, NULL},
	{"-e", RULES_ENABLED, "0|1|2", enabled},
	{"-f", RULES_FAILURE, "0|1|2", failure},
	{"-r", RULES_RATE_LIMIT, "RATE", rate_limit},
	{"-b", RULES_BACKLOG_LIMIT, "RECORDS", backlog_limit},
	{"-i", RULES_IGNORE, NULL, NULL},
	{"-c", RULES_CONTINUE, NULL, NULL},
	{"-t", RULES_TRIM, NULL, NULL},
	{"-q", RULES_EQUIVALENT, "MOUNT,SUBTREE", equivalent},
	{"-R", RULES_READ_FILE, "FILE", read_file},
	{"--backlog_wait_time", RULES_BACKLOG_WAIT_TIME, "JIFFIES", backlog_wait_time},
	{"--loginuid-immutable", RULES_LOGINUID_IMMUTABLE, NULL, NULL},
	{"--reset-lost", RULES_RESET_LOST, NULL, NULL},
	{"--reset_backlog_wait_time_actual", RULES_RESET_WAIT_TIME, NULL, NULL},
	{NULL, 0, NULL, NULL},
};
