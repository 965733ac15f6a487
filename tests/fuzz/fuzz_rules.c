/*
 * fuzz_rules.c - any text as a rule set, on any machine.
 *
 * The first byte chooses the machine, the rest is the text. Besides not crashing: a rule that was
 * accepted is one that the kernel could have sent, printed and compiled again it has the same
 * bytes, and every mistake is one line of text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rules_explain.h"
#include "rules_print.h"
#include "rules_text.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool find(void *arg, const char *name, uint32_t *id)
{
	(void)arg;
	*id = (uint32_t)strlen(name);
	return *name == 'a';
}

static bool is_directory(void *arg, const char *path)
{
	(void)arg;
	return strlen(path) % 2;
}

static void check_message(const char *message)
{
	CHECK(memchr(message, '\0', LIMIT_RULE_MESSAGE_BYTES));
	for (; *message; message++)
		CHECK((unsigned char)*message >= 0x20 && *message != 0x7f);
}

static void check_rule(const struct rules_line *line)
{
	static struct rules_data copy;
	const struct rules_data *rule = &line->rule;

	CHECK(rules_explain_copy(&copy, rule, rules_size(rule)));
	CHECK(rule->flags < AUDIT_NR_FILTERS);
	CHECK(rule->action == AUDIT_ALWAYS || rule->action == AUDIT_NEVER);
	CHECK(rule->mask[AUDIT_BITMASK_SIZE - 1] <= 0xffff);
	CHECK(rules_explain_text(rule, AUDIT_FILTERKEY).len <= AUDIT_MAX_KEY_LEN);
}

/* As a file: its end of line is another thing than that of a text. */
static void check_round_trip(const struct rules_environment *env, const struct rules_data *rule)
{
	static char printed[LIMIT_RULE_TEXT_BYTES];
	static struct rules_line again;
	struct rules_text file;
	struct span line;
	struct text t;

	text_init(&t, printed, sizeof(printed));
	rules_print(&t, rule, env->machine, RULES_AUDITCTL);
	CHECK(!t.full);
	text_init(&t, printed, sizeof(printed));
	rules_print(&t, rule, env->machine, RULES_EXACT);
	CHECK(!t.full);
	text_puts(&t, "\n");
	file = (struct rules_text){printed, strlen(printed), 0};
	CHECK(rules_text_next(&file, &line));
	if (line.len > LIMIT_RULE_LINE_BYTES)
		return; /* names are longer than the numbers that were given */
	CHECK(rules_compile(env, line, &again) == RULES_ADD);
	CHECK(memcmp(&again.rule, rule, sizeof(*rule)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const machines[] = {"x86_64", "i686", "aarch64", "armv7l", "ppc64le",
		"s390x", "riscv64", "mips", "", NULL};
	static struct rules_line line;
	struct rules_environment env = {
		.find_user = find, .find_group = find, .is_directory = is_directory};
	struct rules_text text;
	struct span span;

	if (size == 0)
		return 0;
	env.machine = machines[data[0] % (sizeof(machines) / sizeof(*machines))];
	text = (struct rules_text){(const char *)data + 1, size - 1, 0};
	while (rules_text_next(&text, &span)) {
		enum rules_kind kind = rules_compile(&env, span, &line);

		check_message(line.warning);
		if (kind == RULES_MISTAKE) {
			check_message(line.mistake);
			CHECK(line.mistake[0]);
		}
		if (kind == RULES_ADD || kind == RULES_DELETE) {
			check_rule(&line);
			check_round_trip(&env, &line.rule);
		}
	}
	return 0;
}
