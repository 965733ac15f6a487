/* link: fake_net.o support_delivery.o */
/*
 * What is said of the primary, against what is so: random schedules of silence, events, failures
 * and returns, and rules that look at the collectors and the messages alone.
 *
 *   - that it is away is said only if it was within the time that makes it so, and messages waited;
 *   - if it is away and a message waits, it is said in that time;
 *   - that it is back is said only if it is, and once it is there it is said;
 *   - nothing goes to the fallback that is not said to go there;
 *   - and every message arrives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "support_delivery.h"

#define LIVES	  60u
#define STEPS	  40u
#define NEVER	  INT64_MAX
#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)
/* Trying again, to connect, an answer, and a turn of it: how much later than at once. */
#define SOON_MS (2 * SECOND_MS)
/* TCP is tried again within 15 s; a path that is dead is noticed after 30 s. */
#define NOTICED_MS (15 * SECOND_MS)

static uint32_t seed;

/* What is so. */
static struct {
	bool is_tcp;
	int64_t after_ms;
	int64_t sick_since_ms, sick_until_ms; /* the primary: NEVER: not sick; sick now */
	int64_t owed_since_ms;		      /* NEVER: no message waits, or is under way */
	int64_t tries_ms[2];		      /* a datagram primary that is well: see make() */
	bool told;
	uint32_t seen; /* arrivals that were looked at */
	unsigned aways, backs, silences;
} m;

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("seed %u at %lld ms: %s", seed, (long long)net_now_ms,            \
				#condition);                                                       \
	} while (0)

static bool is_sick(void)
{
	return m.sick_since_ms != NEVER;
}

static void look_at_news(void)
{
	char line[512];

	while (delivery_take_report(&delivery, line, sizeof(line))) {
		const bool back = strstr(line, ": back") != NULL;

		MUST(back == m.told);
		m.told = !back;
		if (back) {
			m.backs++;
			MUST(!is_sick() || net_now_ms - m.sick_since_ms <= SOON_MS);
			continue;
		}
		m.aways++;
		MUST(delivery_held(&delivery) > 0);
		MUST(is_sick() || net_now_ms - m.sick_until_ms <=
					  (m.is_tcp ? NOTICED_MS : 0) + SOON_MS + m.after_ms);
		/* Not at once, if it was well when the message came. */
		MUST(is_sick() ? net_now_ms - m.sick_since_ms >= m.after_ms ||
					 m.sick_until_ms != NEVER
			       : true);
	}
}

static void look_at_arrivals(void)
{
	for (; m.seen < arrival_count; m.seen++)
		MUST(arrivals[m.seen].collector == 1 || m.told);
}

/* After each turn. */
static void look(void)
{
	const int64_t now_ms = net_now_ms;

	look_at_news();
	look_at_arrivals();
	if (delivery_held(&delivery) == 0)
		m.owed_since_ms = NEVER;
	else if (m.owed_since_ms == NEVER)
		m.owed_since_ms = now_ms;
	if (m.told || m.owed_since_ms == NEVER || !is_sick())
		return;
	/* It is away, something waits, and nothing is said. */
	MUST(now_ms - (m.owed_since_ms > m.sick_since_ms ? m.owed_since_ms : m.sick_since_ms) <=
		m.after_ms + SOON_MS);
}

/* One message brings a datagram primary back into use, after its time; another one shows that it
 * takes something. */
static void make(unsigned n)
{
	while (n-- > 0)
		send_one(1 + net_dice(1500));
	if (is_sick())
		return;
	if (m.tries_ms[0] != NEVER && net_now_ms >= m.tries_ms[0] + SOON_MS &&
		m.tries_ms[1] == NEVER)
		m.tries_ms[1] = net_now_ms;
	if (m.tries_ms[0] == NEVER && net_now_ms >= m.sick_until_ms + m.after_ms)
		m.tries_ms[0] = net_now_ms;
}

/* It was there for long, and could be found to be. */
static void look_at_the_well(void)
{
	const int64_t since_ms = m.is_tcp ? m.sick_until_ms : m.tries_ms[1];

	if (!is_sick() && since_ms != NEVER &&
		net_now_ms - since_ms > (m.is_tcp ? NOTICED_MS : 0) + SOON_MS)
		MUST(!m.told);
}

/* ---- what happens ------------------------------------------------------------------------ */

static void falls_sick(void)
{
	struct net_collector *c = &net_collectors[1];

	c->state = net_dice(2) ? NET_REFUSES : NET_UNREACHABLE;
	if (m.is_tcp && net_dice(3) == 0)
		c->state = NET_SILENT;
	else
		net_break(1, net_dice(2));
	if (!is_sick())
		m.sick_since_ms = net_now_ms;
	m.tries_ms[0] = m.tries_ms[1] = NEVER;
}

static void gets_well(void)
{
	net_collectors[1].state = NET_UP;
	if (is_sick())
		m.sick_until_ms = net_now_ms;
	m.sick_since_ms = NEVER;
}

static void something_happens(void)
{
	switch (net_dice(10)) {
	case 0:
	case 1:
		falls_sick();
		break;
	case 2:
	case 3:
	case 4:
		gets_well();
		break;
	case 5:
		net_collectors[2].state = net_dice(2) ? NET_REFUSES : NET_UP;
		net_break(2, net_dice(2));
		break;
	default:
		make(1 + net_dice(3));
	}
	look();
}

static void wait_for(int64_t ms)
{
	/* Sometimes nobody wakes us before the next event. */
	if (net_dice(2) && delivery_deadline_ms(&delivery) >= net_now_ms + ms) {
		sleep_for(ms);
		m.silences += ms > MINUTE_MS;
	} else {
		run_for(ms);
	}
	look_at_the_well();
}

static void live(uint32_t number)
{
	static const char *const primaries[] = {
		"tcp://192.0.2.1", "udp://192.0.2.1", "unix:///run/1"};
	static const char *const fallbacks[] = {NULL, "tcp://192.0.2.2", "udp://192.0.2.2"};
	const char *fallback = fallbacks[number / 3 % 3];

	net_reset(number);
	net_calm = true;
	begin(primaries[number % 3], fallback, LIMIT_SPOOL_BYTES, false);
	delivery.fallback_after_ms = 1000 * (1 + net_dice(20));
	m.is_tcp = number % 3 == 0;
	m.after_ms = delivery.fallback_after_ms;
	m.sick_since_ms = m.owed_since_ms = NEVER;
	m.tries_ms[0] = m.tries_ms[1] = NEVER;
	m.sick_until_ms = net_now_ms; /* TCP is not connected yet */
	m.told = false;
	m.seen = 0;
	on_turn = look;
	for (unsigned i = 0; i < STEPS; i++) {
		something_happens();
		wait_for(net_dice(3) ? net_dice(3 * SECOND_MS)
				     : net_dice(net_dice(2) ? 45 * SECOND_MS : 40 * MINUTE_MS));
	}
	/* All are back. */
	gets_well();
	net_collectors[2].state = NET_UP;
	for (unsigned i = 0; i < 100; i++) {
		make(1);
		look();
		run_for(SECOND_MS);
		look_at_the_well();
	}
	run_for(5 * SECOND_MS);
	MUST(!m.told && delivery.active == DELIVERY_PRIMARY);
	MUST(delivery_held(&delivery) == 0 && arrived_count() == made);
	on_turn = NULL;
	end(1000);
}

static void test_model(void **state)
{
	(void)state;
	for (seed = 1; seed <= LIVES; seed++)
		live(seed);
	print_message("# seeds 1 to %u: away %u times, back %u times, %u silences without a turn\n",
		LIVES, m.aways, m.backs, m.silences);
	assert_int_equal(m.aways, m.backs);
	assert_true(m.aways > 80 && m.silences > 60);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests_name("delivery_model", tests, NULL, NULL);
}
