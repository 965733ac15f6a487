/* link: gaps.o */
/*
 * What the window of serials costs an event: in order, and with now and then one that is cut in two
 * by another, and a serial that is lost.
 */
#include "gaps.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define EVENTS 10000000u

static struct gaps_journal journal;
static struct gaps gaps;
static struct counters counters;
static uint32_t serials[1u << 16];

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Serials of 65536 events that are one apart from the next 65536. `mixed`: a quarter of them come
 * again behind the next one, and one in a hundred never comes. */
static uint32_t fill(bool mixed)
{
	uint32_t serial = 0, seed = 1;

	for (unsigned i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
		seed = seed * 1664525 + 1013904223;
		if (mixed && seed >> 30 == 1 && i >= 2) {
			serials[i] = serials[i - 2];
			continue;
		}
		serial += 1 + (mixed && seed >> 16 < 65536 / 100);
		serials[i] = serial;
	}
	return serial;
}

static void measure(const char *name, bool mixed)
{
	const uint32_t size = sizeof(serials) / sizeof(serials[0]);
	uint32_t span = fill(mixed), base = 0;
	double before = seconds();

	for (uint32_t i = 0; i < EVENTS; i++) {
		gaps_serial(&gaps, serials[i % size] + base);
		if (i % size == size - 1)
			base += span;
	}
	printf("%-8s %5.2f ns an event, %llu missing\n", name, (seconds() - before) * 1e9 / EVENTS,
		(unsigned long long)counters.serials_missing);
}

int main(void)
{
	gaps_init(&gaps, &counters, &journal, NULL);
	measure("in order", false);
	memset(&journal, 0, sizeof(journal));
	gaps_init(&gaps, &counters, &journal, NULL);
	measure("mixed", true);
	return 0;
}
