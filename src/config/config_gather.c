#include "config_read.h"

#include <errno.h>

/* The options whose values hold for this host only. */
static void forget_host(struct config *c)
{
	c->passwd_file = c->group_file = c->hostname = c->output = c->output_fallback = "";
}

bool config_gather(const struct config_request *r, struct config *c, struct config_error *e)
{
	const char *file = r->file ? r->file : CONFIG_DEFAULT_FILE;
	unsigned i;

	config_init(c);
	if (r->is_foreign)
		forget_host(c);
	if (!config_read(c, file, r->trusted, e)) {
		if (r->file || e->number != ENOENT)
			return false;
		config_init(c);
	}
	if (r->is_foreign && !r->file)
		forget_host(c);
	for (i = 0; i < r->setting_count; i++) {
		if (!config_read_setting(c, r->settings[i], e))
			return false;
	}
	return true;
}
