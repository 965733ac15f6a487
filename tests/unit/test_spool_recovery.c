/* link: */
/*
 * What a file holds after a kill, after a power cut, and after anything else. The spool's source
 * itself is here, so that each of its stores into the file can be the last one.
 */
static void stored(void);
#define SPOOL_STORED() stored()
#include "../../src/delivery/spool.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define BLOCKS 24u
#define BYTES  (BLOCKS * SPOOL_BLOCK_BYTES)
#define IDS    100000u

static struct spool s;
static _Alignas(8) struct spool_block file[BLOCKS];

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % sides;
}

static void random_bytes(void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((char *)to)[i] = (char)dice(256);
}

/* ---- messages: the text tells which one it is --------------------------------------------- */

static struct message {
	uint32_t len;
	uint8_t severity;
	bool held;
} messages[IDS];

static uint32_t next_id, held_count;

static const char *text_of(uint32_t id)
{
	static char text[BYTES];

	memcpy(text, &id, sizeof(id));
	for (uint32_t i = sizeof(id); i < messages[id].len; i++)
		text[i] = (char)(id * 31 + i * 7);
	return text;
}

/* The number of a message that must be one that was pushed, to the last byte. */
static uint32_t id_of(const char *text, size_t len)
{
	uint32_t id;

	assert_true(len >= sizeof(id));
	memcpy(&id, text, sizeof(id));
	assert_true(id < next_id);
	assert_int_equal(len, messages[id].len);
	assert_memory_equal(text, text_of(id), len);
	return id;
}

static void set_held(uint32_t id, bool held)
{
	held_count += (uint32_t)held - (uint32_t)messages[id].held;
	messages[id].held = held;
}

/* The messages that the spool itself knows of. */
static uint32_t known_id(uint16_t at)
{
	uint32_t id;

	memcpy(&id, file[at].payload, sizeof(id));
	return id;
}

/* ---- what another process would pick up ---------------------------------------------------- */

static bool looking; /* its own stores are not looked at */
static struct spool other;
static _Alignas(8) struct spool_block image[BLOCKS];
static uint32_t found[BLOCKS], found_count;

static bool is_found(uint32_t id)
{
	for (uint32_t i = 0; i < found_count; i++)
		if (found[i] == id)
			return true;
	return false;
}

/* Pick up what `image` holds; all of it was pushed, and it is in order. */
static void look(void)
{
	static char buf[BYTES];
	struct spool first;
	size_t len;

	looking = true;
	found_count = 0;
	spool_init(&other, image, BYTES, DROP_OLDEST);
	spool_recover(&other);
	assert_int_equal(other.waiting, other.recovered);
	memcpy(&first, &other, offsetof(struct spool, links));
	while ((len = spool_next(&other, buf, sizeof(buf))) > 0) {
		uint32_t id = id_of(buf, len);

		assert_true(found_count == 0 || id > found[found_count - 1]);
		found[found_count++] = id;
		assert_int_equal(other.links[other.next].severity, messages[id].severity);
		spool_sent(&other, true);
	}
	assert_int_equal(found_count, other.recovered);
	assert_int_equal(other.free, BLOCKS);
	/* What was found is used once, also what was wrong. */
	spool_init(&other, image, BYTES, DROP_OLDEST);
	spool_recover(&other);
	assert_int_equal(other.recovered + other.broken + other.broken_blocks, 0);
	memcpy(&other, &first, offsetof(struct spool, links));
	looking = false;
}

/* ---- a life of the spool ------------------------------------------------------------------- */

static uint32_t in_between; /* the message that is being pushed or released, if `busy` */
static bool busy;
static uint64_t evicted_before;

static void push_one(void)
{
	static char text[BYTES]; /* what looks meanwhile has the other one */
	uint32_t id = next_id++;
	bool pushed;

	assert_true(next_id < IDS);
	messages[id].len = 4 + dice(dice(2) ? 600 : 5 * SPOOL_PAYLOAD_BYTES);
	messages[id].severity = (uint8_t)(4 + dice(4));
	in_between = id;
	evicted_before = s.evicted;
	busy = true;
	memcpy(text, text_of(id), messages[id].len);
	pushed = spool_push(&s, (struct span){text, messages[id].len}, messages[id].severity);
	busy = false;
	if (s.evicted > evicted_before || pushed) {
		uint32_t before = held_count;

		for (uint32_t i = 0; i < next_id; i++)
			messages[i].held = false;
		held_count = 0;
		for (uint16_t at = s.all.end[DROP_OLDEST]; at != NONE;
			at = s.links[at].all[DROP_NEWEST])
			set_held(known_id(at), true);
		assert_int_equal(held_count, before + pushed - (s.evicted - evicted_before));
	}
	assert_int_equal(messages[id].held, pushed);
}

static void release_one(void)
{
	bool confirm = s.in_flight > 0 && dice(2);
	uint16_t at = confirm ? s.all.end[DROP_OLDEST] : s.next;

	if (at == NONE)
		return;
	in_between = known_id(at);
	evicted_before = s.evicted;
	set_held(in_between, false);
	busy = true;
	if (confirm)
		spool_confirm(&s);
	else
		spool_sent(&s, true);
	busy = false;
}

static void step(void)
{
	switch (dice(8)) {
	case 0:
		release_one();
		break;
	case 1:
	case 2:
		spool_sent(&s, false);
		break;
	case 3:
		release_one();
		if (dice(4) == 0)
			spool_rewind(&s);
		break;
	default:
		push_one();
	}
}

static void begin(bool newest)
{
	spool_init(&s, file, BYTES, newest ? DROP_NEWEST : DROP_OLDEST);
	spool_recover(&s);
}

static int setup(void **state)
{
	(void)state;
	memset(file, 0, sizeof(file));
	memset(messages, 0, sizeof(messages));
	next_id = held_count = 0;
	seed = 1;
	begin(false);
	return 0;
}

/* ---- kill -9 ------------------------------------------------------------------------------ */

static enum {
	NOTHING,
	KILL,
	POWER
} watching;
static unsigned cuts;

/* The process ends here: what the spool held is there, what it released is not. */
static void check_kill(void)
{
	uint32_t there = 0;
	uint64_t missing;

	memcpy(image, file, sizeof(image));
	look();
	for (uint32_t i = 0; i < found_count; i++) {
		there += messages[found[i]].held;
		assert_true(messages[found[i]].held || (busy && found[i] == in_between));
	}
	assert_int_equal(other.broken + other.broken_blocks, 0);
	missing = held_count - there;
	cuts++;
	if (!busy)
		assert_int_equal(missing, 0);
	else /* one after the other gives way to the one that comes */
		assert_in_range(s.evicted - evicted_before - missing, 0, 1);
}

static void test_kill(void **state)
{
	(void)state;
	watching = KILL;
	cuts = 0;
	for (unsigned i = 0; i < 2500; i++) {
		step();
		check_kill();
		if (dice(100) == 0)
			begin(dice(2)); /* killed */
	}
	watching = NOTHING;
	print_message("# killed after each of %u stores\n", cuts);
	assert_true(cuts > 10000);
}

/* The last one matters: the message is there before push returns, and gone before sent does. */
static void test_kill_right_after(void **state)
{
	(void)state;
	messages[0] = (struct message){.len = 1000, .severity = 6};
	next_id = 1;
	spool_push(&s, (struct span){text_of(0), 1000}, 6);
	memcpy(image, file, sizeof(image));
	look();
	assert_int_equal(found_count, 1);
	spool_sent(&s, false);
	memcpy(image, file, sizeof(image));
	look();
	assert_int_equal(found_count, 1);
	spool_confirm(&s);
	memcpy(image, file, sizeof(image));
	look();
	assert_int_equal(found_count, 0);
}

/* ---- power cut ----------------------------------------------------------------------------- */

static struct spool_block disk[BLOCKS];

/* The kernel writes back what it likes, when it likes; a disk may tear what it writes last. */
static void write_back(void)
{
	for (uint32_t n = dice(4); n > 0; n--) {
		uint32_t i = dice(BLOCKS);

		disk[i] = file[i];
	}
}

static void stored(void)
{
	if (looking || watching == NOTHING)
		return;
	atomic_signal_fence(memory_order_seq_cst);
	if (watching == KILL && busy)
		check_kill();
	else if (watching == POWER)
		write_back();
}

/* Of this message every block is on the disk as it is in the file. */
static bool is_on(const struct spool_block *blocks, uint16_t at)
{
	for (; at != NONE; at = s.links[at].next) {
		unsigned same = 0;

		for (uint32_t i = 0; i < BLOCKS; i++)
			same += memcmp(&blocks[i], &file[at], SPOOL_BLOCK_BYTES) == 0;
		if (same != 1)
			return false;
	}
	return true;
}

/* What is wholly there is found. The next process has what was found. Returns how many. */
static uint32_t check_and_go_on(bool exactly)
{
	static struct spool_block after[BLOCKS];
	uint32_t whole = 0;

	memcpy(after, image, sizeof(image));
	look();
	for (uint16_t at = s.all.end[DROP_OLDEST]; at != NONE; at = s.links[at].all[DROP_NEWEST]) {
		bool there = is_on(after, at);

		whole += there;
		if (there)
			assert_true(is_found(known_id(at)));
	}
	assert_true(found_count >= whole);
	if (exactly)
		assert_int_equal(found_count, whole);
	for (uint32_t i = 0; i < next_id; i++)
		messages[i].held = false;
	held_count = 0;
	for (uint32_t i = 0; i < found_count; i++)
		set_held(found[i], true);
	memcpy(file, after, sizeof(file));
	begin(dice(2));
	return whole;
}

static void test_power_cut(void **state)
{
	uint64_t whole = 0, picked_up = 0, broken = 0, broken_blocks = 0;

	(void)state;
	for (unsigned cut = 0; cut < 3000; cut++) {
		uint32_t torn = dice(BLOCKS), bytes = dice(SPOOL_BLOCK_BYTES);

		memcpy(disk, file, sizeof(disk));
		watching = POWER;
		for (unsigned i = dice(40); i > 0; i--)
			step();
		watching = NOTHING;
		memcpy(image, disk, sizeof(image));
		memcpy(&image[torn], &file[torn], dice(4) ? 0 : bytes);
		whole += check_and_go_on(false);
		picked_up += found_count;
		broken += other.broken;
		broken_blocks += other.broken_blocks;
	}
	print_message("# %llu messages, %llu broken ones, %llu broken blocks\n",
		(unsigned long long)picked_up, (unsigned long long)broken,
		(unsigned long long)broken_blocks);
	assert_true(whole > 1000 && picked_up > whole && broken > 100 && broken_blocks > 10);
}

/* ---- anything else ------------------------------------------------------------------------- */

static void damage(struct spool_block *b)
{
	char *bytes = (char *)b;
	uint32_t at = dice(BYTES), to = dice(BLOCKS), from = dice(BLOCKS);
	struct spool_block block = b[to];

	switch (dice(7)) {
	case 0: /* a bit */
		bytes[at] ^= (char)(1 << dice(8));
		break;
	case 1: /* a header, the checksum being no part of what is hit */
		random_bytes((char *)&b[to] + 4, dice(17));
		break;
	case 2:
		random_bytes(bytes + at, dice(BYTES - at));
		break;
	case 3:
		memset(bytes + at, dice(2) ? 0 : 0xff, dice(BYTES - at));
		break;
	case 4: /* twice there */
		b[to] = b[from];
		break;
	case 5: /* elsewhere: that does not matter */
		b[to] = b[from];
		b[from] = block;
		break;
	default: /* one is cut off, and what follows moves up */
		memmove(&b[to], &b[to] + 1, (BLOCKS - 1 - to) * sizeof(*b));
	}
}

/* What is untouched is picked up, in order, and nothing else; and life goes on. */
static void test_damage(void **state)
{
	uint64_t intact = 0, touched = 0;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		for (unsigned n = dice(30); n > 0; n--)
			step();
		touched += s.waiting + s.in_flight;
		memcpy(image, file, sizeof(image));
		for (unsigned n = dice(4); n > 0; n--)
			damage(image);
		intact += check_and_go_on(true);
	}
	touched -= intact;
	print_message("# %llu messages intact, %llu not\n", (unsigned long long)intact,
		(unsigned long long)touched);
	assert_true(intact > 10000 && touched > 1000);
}

static void test_garbage(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		random_bytes(file, sizeof(file));
		begin(false);
		assert_int_equal(s.recovered + s.broken, 0);
		assert_int_equal(s.broken_blocks, BLOCKS);
		assert_int_equal(s.free, BLOCKS);
		assert_int_equal(s.sequence, 1);
	}
	/* It is used as a new one. */
	push_one();
	check_kill();
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_kill),
		TEST(test_kill_right_after),
		TEST(test_power_cut),
		TEST(test_damage),
		TEST(test_garbage),
	};

	return cmocka_run_group_tests_name("spool_recovery", tests, NULL, NULL);
}
