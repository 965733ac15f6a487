/* Two files that never change: users root, alice 1000, bob 1001, and 1002 without a name; groups
 * root, users 100, wheel 10. */
#include "identity.h"

static const struct {
	struct span id, name;
} users[] = {{{"0", 1}, {"root", 4}}, {{"1000", 4}, {"alice", 5}}, {{"1001", 4}, {"bob", 3}}},
  groups[] = {{{"0", 1}, {"root", 4}}, {{"100", 3}, {"users", 5}}, {{"10", 2}, {"wheel", 5}}};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct span identity_user_name(const struct identity *i, struct span id)
{
	(void)i;
	for (size_t n = 0; n < COUNT(users); n++)
		if (span_equal(users[n].id, id))
			return users[n].name;
	return SPAN_NONE;
}

struct span identity_group_name(const struct identity *i, struct span id)
{
	(void)i;
	for (size_t n = 0; n < COUNT(groups); n++)
		if (span_equal(groups[n].id, id))
			return groups[n].name;
	return SPAN_NONE;
}

struct span identity_user_id(const struct identity *i, struct span name)
{
	(void)i;
	for (size_t n = 0; n < COUNT(users); n++)
		if (span_equal(users[n].name, name))
			return users[n].id;
	return SPAN_NONE;
}

struct span identity_group_id(const struct identity *i, struct span name)
{
	(void)i;
	for (size_t n = 0; n < COUNT(groups); n++)
		if (span_equal(groups[n].name, name))
			return groups[n].id;
	return SPAN_NONE;
}
