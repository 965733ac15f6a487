/* link: gaps.o */
/*
 * What the window of serials costs a record: events of five records, now and then one of another
 * event between them, and a serial that is lost.
 */
#include "gaps.h"
#include <stdio.h>
#include <time.h>

#define RECORDS 10000000u

static struct gaps gaps;
static struct counters counters;
static uint32_t serials[1u << 16];

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Serials of 65536 records that are one apart from the next 65536. Every event has five; `mixed`:
 * a quarter of the events have a foreign record inside, and one in a hundred never comes. */
static uint32_t fill(bool mixed)
{
	uint32_t serial = 0, seed = 1;

	for (unsigned i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
		seed = seed * 1664525 + 1013904223;
		serial += i % 5 == 0;
		if (mixed && i % 5 == 0 && seed >> 16 < 65536 / 100)
			serial++;
		serials[i] = serial + (mixed && i % 5 == 2 && seed >> 30 == 0);
	}
	return serial;
}

static void measure(const char *name, bool mixed)
{
	const uint32_t size = sizeof(serials) / sizeof(serials[0]);
	uint32_t span = fill(mixed), base = 0;
	double before = seconds();

	for (uint32_t i = 0; i < RECORDS; i++) {
		gaps_record(&gaps, serials[i % size] + base);
		if (i % size == size - 1)
			base += span;
	}
	printf("%-8s %5.2f ns a record, %llu missing\n", name, (seconds() - before) * 1e9 / RECORDS,
		(unsigned long long)counters.serials_missing);
}

int main(void)
{
	gaps_init(&gaps, &counters);
	measure("in order", false);
	gaps = (struct gaps){.counters = &counters};
	measure("mixed", true);
	return 0;
}
