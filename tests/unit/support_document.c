#include "support_document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json.h"
#include "normalize.h"
#include "support_core.h"

struct config test_config;
struct document test_document;
char test_text[2 * LIMIT_DOCUMENT_BYTES];
void (*test_on_built)(cJSON *root);
void (*test_before_built)(void);

static cJSON *tree;
static char *printed;

static void forget(void)
{
	cJSON_Delete(tree);
	tree = NULL;
	free(printed);
	printed = NULL;
}

static void build(const struct raw_event *raw)
{
	cJSON *root;
	size_t len;

	normalize(&test_event);
	if (test_before_built)
		test_before_built();
	root = document_build(&test_document, &test_event, &test_table, raw);
	if (!root) {
		test_text[0] = '\0';
		return;
	}
	if (test_on_built)
		test_on_built(root);
	len = json_write(root, test_text, sizeof(test_text) - 1);
	assert_true(len > 0);
	test_text[len] = '\0';
	assert_null(memchr(test_text, '\n', len));
	forget();
	tree = cJSON_ParseWithLength(test_text, len);
	if (!tree)
		fail_msg("no JSON: %s", test_text);
}

int document_setup(void **state)
{
	(void)state;
	memset(&test_config, 0, sizeof(test_config));
	test_config.layout = LAYOUT_AUDITBEAT;
	test_config.resolve_ids = true;
	test_config.namespace = "default";
	test_config.agent.id = test_config.agent.name = "";
	test_config.agent.type = "ecsaudit";
	test_config.fields = test_config.host_id = "";
	test_on_built = NULL;
	test_before_built = NULL;
	return 0;
}

int document_teardown(void **state)
{
	forget();
	return exact_free(state);
}

void set_fields(const char *text)
{
	test_config.fields = text;
	test_config.fields_root = (struct config_part){0, (uint32_t)strlen(text)};
}

bool document_start(void)
{
	static const struct document_host host = {.name = "gw1",
		.hostname = "gw1.example",
		.architecture = "mips",
		.id = "0123456789abcdef0123456789abcdef",
		.agent_id = "id-1",
		.ephemeral_id = "id-2",
		.os = {[OS_PLATFORM] = "openwrt",
			[OS_FAMILY] = "f",
			[OS_NAME] = "OpenWrt",
			[OS_VERSION] = "23.05.3",
			[OS_CODENAME] = "c",
			[OS_KERNEL] = "5.15.150"}};

	test_on_joined = build;
	return document_init(&test_document, &test_config, NULL, &host, scratch_arena());
}

void document_of(const char *log)
{
	join(log);
}

void document_end(void)
{
	join_end();
}

const char *at(const char *path)
{
	const cJSON *node = tree;

	while (*path && node) {
		char key[256] = "";
		size_t len = strcspn(path, "/");

		memcpy(key, path, len);
		node = cJSON_IsArray(node) ? cJSON_GetArrayItem(node, atoi(key))
					   : cJSON_GetObjectItemCaseSensitive(node, key);
		path += len + (path[len] == '/');
	}
	free(printed);
	printed = node ? cJSON_PrintUnformatted(node) : NULL;
	return printed ? printed : "";
}
