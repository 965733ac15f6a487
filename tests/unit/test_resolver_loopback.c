/* link: resolver.o dns.o sys.o */
/*
 * The resolver's socket against the kernel itself: it has a port while something is asked, another
 * one each time, and none in between. Whether anybody answers at 127.0.0.1 does not matter.
 */
#include "resolver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "sys.h"

#define ROUNDS 20u

static struct resolver r;

static unsigned port(void)
{
	struct sockaddr_in6 at = {0};
	socklen_t len = sizeof(at);

	assert_int_equal(getsockname(r.fd, (struct sockaddr *)&at, &len), 0);
	return ntohs(at.sin6_port); /* of IPv4, it stands there as well */
}

static void test_port(void **state)
{
	char servers[] = "/tmp/resolver-XXXXXX";
	int fd = mkstemp(servers);
	int64_t now_ms = 1000;
	unsigned last = 0, others = 0, asked = 0;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(dprintf(fd, "nameserver 127.0.0.1\n") > 0, 1);
	close(fd);
	assert_int_equal(resolver_open(&r), 0);
	r.hosts_file = "/dev/null";
	r.servers_file = servers;
	assert_int_equal(port(), 0);
	for (unsigned round = 0; round < ROUNDS; round++) {
		resolver_ask(&r, "collector.example.net");
		assert_int_equal(port(), 0);
		(void)resolver_turn(&r, now_ms);
		if (r.asking) { /* else it was refused between the two questions */
			asked++;
			others += port() != last;
			last = port();
			assert_int_not_equal(last, 0);
		}
		for (unsigned i = 0; i < 20 && r.asking; i++, now_ms += LIMIT_RESOLVER_TRY_MS)
			(void)resolver_turn(&r, now_ms);
		assert_false(r.asking);
		assert_int_equal(port(), 0);
	}
	/* It is chosen at random: the same one now and then. */
	assert_true(others + 3 >= asked);
	unlink(servers);
	close(r.fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_port),
	};

	return cmocka_run_group_tests_name("resolver, real", tests, NULL, NULL);
}
