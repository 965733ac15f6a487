/* link: identity.o fake_sys.o fake_files.o fake_sockets.o */
/*
 * The first byte is how much a read gives at a time; the rest is passwd, and group. Every entry
 * must be found by its id and by its name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "fake_sys.h"
#include "identity.h"

static struct identity identity;

static void must(int truth)
{
	if (!truth)
		abort();
}

static void check(const struct identity_table *t,
	struct span (*name_of)(const struct identity *, struct span),
	struct span (*id_of)(const struct identity *, struct span))
{
	must(t->count <= LIMIT_IDENTITIES && t->pool_used <= sizeof(t->pool));
	for (uint32_t i = 0; i < t->count; i++) {
		const struct identity_entry *e = &t->entries[i];
		struct span name = {t->pool + e->at, e->name_len};
		struct span id = {t->pool + e->at + e->name_len, e->id_len};

		must(name.len > 0 && !memchr(name.at, ':', name.len));
		must(!memchr(name.at, '\0', name.len) && !memchr(name.at, '\n', name.len));
		must(name_of(&identity, id).len > 0);
		must(id_of(&identity, name).len > 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	fake_sys_file("/p", data + 1, size - 1);
	fake_sys_short(data[0]);
	identity_open(&identity, "/p", "/p");
	check(identity_users(&identity), identity_user_name, identity_user_id);
	check(identity_groups(&identity), identity_group_name, identity_group_id);
	must(span_is(identity_user_name(&identity, SPAN("0")), "root"));
	/* Any text may be asked for. */
	identity_user_name(&identity, (struct span){(const char *)data, (uint32_t)size});
	identity_user_id(&identity, (struct span){(const char *)data, (uint32_t)size});
	return 0;
}
