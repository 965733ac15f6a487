/* link: config_values.o config_table.o config_file.o config_fields.o config_print.o json_scan.o
 * nearest.o output_parse.o text.o fake_sys.o fake_files.o fake_sockets.o support_cjson.o
 * cjson_noalloc.o os_facts.o */
/*
 * The first byte chooses: a file, or one -o. What is accepted must print as a file that is
 * accepted and prints the same; what is refused must say so on one line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "config_read.h"
#include "fake_sys.h"

static struct config config, other;
static char first[600000], second[600000];

static void must(int truth)
{
	if (!truth)
		abort();
}

static void round_trip(void)
{
	struct config_error e;
	size_t n = config_print(&config, first, sizeof(first));

	must(n > 0);
	fake_sys_file("/f", first, n);
	config_init(&other);
	if (!config_read(&other, "/f", false, &e)) {
		/* The printed form is longer; only its size may be too much. */
		must(strstr(e.text, "too large") || strstr(e.text, "less text"));
		return;
	}
	must(config_print(&other, second, sizeof(second)) == n);
	must(memcmp(first, second, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_error e = {.text = ""};
	char assignment[4096];
	bool good;

	if (size == 0)
		return 0;
	config_init(&config);
	if (data[0] & 1) {
		fake_sys_file("/f", data + 1, size - 1);
		good = config_read(&config, "/f", false, &e);
	} else {
		if (size > sizeof(assignment))
			return 0;
		memcpy(assignment, data + 1, size - 1);
		assignment[size - 1] = '\0';
		good = config_read_setting(&config, assignment, &e);
	}
	must(config.pool_used <= sizeof(config.pool));
	if (good) {
		round_trip();
	} else {
		must(e.text[0] && !strchr(e.text, '\n'));
		must(strlen(e.text) < sizeof(e.text));
	}
	return 0;
}
