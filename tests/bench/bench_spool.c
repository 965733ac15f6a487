/*
 * bench_spool - what a message costs that goes through the spool, in nanoseconds of CPU.
 *
 * One of 1500 bytes is pushed, copied out, and released: in memory; with checksums, as in a file;
 * and when the spool is full, so that another gives way. Then recovery of a full spool, for each
 * KiB. Each figure is the best of several rounds.
 */
/* link: spool.o spool_room.o crc32.o */
#include "spool.h"
#include <stdio.h>
#include <time.h>

#define ROUNDS	 15
#define REPEATS	 20000
#define KIB	 256
#define MESSAGES 100

static struct spool spool;
static _Alignas(8) char memory[KIB * 1024];
static char text[1500], copy[1500];

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void start(bool durable)
{
	spool_init(&spool, memory, sizeof(memory), DROP_OLDEST);
	if (durable)
		spool_recover(&spool);
}

static void fill_up(void)
{
	for (unsigned i = 0; i < 1000; i++)
		spool_push(&spool, (struct span){text, sizeof(text)}, i % 2 ? 6 : 5);
}

static void pass_one(void)
{
	spool_push(&spool, (struct span){text, sizeof(text)}, 6);
	spool_next(&spool, copy, sizeof(copy));
	spool_sent(&spool, false);
	spool_confirm(&spool);
}

static void evict_one(void)
{
	spool_push(&spool, (struct span){text, sizeof(text)}, 5);
}

static void measure(const char *what, void (*step)(void))
{
	double best = 1e18;

	for (unsigned round = 0; round < ROUNDS; round++) {
		double begin = now_ns(), took;

		for (unsigned i = 0; i < REPEATS; i++)
			step();
		took = (now_ns() - begin) / REPEATS;
		best = took < best ? took : best;
	}
	printf("%-52s %8.0f ns\n", what, best);
}

static void measure_recovery(void)
{
	double best = 1e18;

	for (unsigned round = 0; round < ROUNDS * 10; round++) {
		double begin = now_ns(), took;

		start(true);
		took = (now_ns() - begin) / KIB;
		best = took < best ? took : best;
	}
	printf("%-52s %8.0f ns a KiB, %llu messages\n", "recovery of a full spool", best,
		(unsigned long long)spool.recovered);
}

int main(void)
{
	start(false);
	measure("push, next, sent, confirm: in memory", pass_one);
	fill_up();
	measure("push into a full spool: in memory", evict_one);
	start(true);
	measure("push, next, sent, confirm: in a file", pass_one);
	fill_up();
	measure("push into a full spool: in a file", evict_one);
	measure_recovery();
	return 0;
}
