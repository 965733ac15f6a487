#include "support_loader.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "support_control.h"
#include "support_rules.h"

struct rules_loader loader;
struct rules_change change;
struct config configured;
char said[32768];
unsigned lines_said;

static void say(void *ctx, const char *line)
{
	(void)ctx;
	assert_null(strchr(line, '\n'));
	if (++lines_said > SAID_LINES)
		return;
	support_append(said, sizeof(said), line);
	support_append(said, sizeof(said), "\n");
}

int loader_setup(void **state)
{
	support_rules_reset();
	memset(&loader, 0, sizeof(loader));
	memset(&change, 0, sizeof(change));
	memset(&configured, 0, sizeof(configured));
	configured.backlog_limit = 8192;
	configured.watch_interval_ms = 60000;
	return control_setup(state);
}

void loader_text(const char *text, const char *name)
{
	loader.files.environment = &support_environment;
	loader.files.text = text;
	loader.files.text_len = text ? strlen(text) : 0;
	loader.files.text_name = name;
	loader.files.print = say;
	said[0] = '\0';
	lines_said = 0;
}

int loader_load(void)
{
	return rules_prepare(&loader, &change) ? rules_load(&loader, &change, &control) : -EINVAL;
}

void loader_set(const char *text, const char *const *files, unsigned file_count)
{
	loader_text(text, "audit_rules");
	loader.files.files = files;
	loader.files.file_count = file_count;
	loader.self_pid = 4711;
}

void assert_said(const char *text)
{
	assert_string_equal(said, text);
}

void assert_said_part(const char *part)
{
	if (!strstr(said, part))
		fail_msg("\"%s\" lacks \"%s\"", said, part);
}

/* The n-th rule of the kernel is what the line compiles to. */
void assert_kernel_rule(unsigned n, const char *line)
{
	assert_true(n < fake_audit.rule_count);
	assert_true(support_compile(line) != RULES_MISTAKE);
	assert_int_equal(fake_audit.rules[n].len, rules_size(&support_line.rule));
	assert_memory_equal(
		fake_audit.rules[n].data, &support_line.rule, rules_size(&support_line.rule));
}
