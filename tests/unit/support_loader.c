#include "support_loader.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

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
	loader.files.say = say;
	said[0] = '\0';
	lines_said = 0;
}

int loader_load(void)
{
	return rules_prepare(&loader, &change) ? rules_load(&loader, &change, &control) : -EINVAL;
}
