#include "nearest.h"

#include <string.h>
#include "limits.h"

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The optimal string alignment distance: a letter added, left out or changed counts 1, and so do
 * two swapped neighbours. Three rows of its matrix are kept. Once two rows are above `most`, all
 * further rows are, too. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len, unsigned most)
{
	unsigned rows[3][LIMIT_NEAREST_BYTES + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];
	unsigned lowest = 0, lowest_above;
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= a_len; i++) {
		unsigned *next = before;

		before = above;
		above = row;
		row = next;
		row[0] = (unsigned)i;
		lowest_above = lowest;
		lowest = row[0];
		for (j = 1; j <= b_len; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
				least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
			lowest = least(lowest, row[j]);
		}
		if (lowest > most && lowest_above > most)
			return most + 1;
	}
	return row[b_len];
}

void nearest_try_bytes(struct nearest *n, const char *candidate, size_t len)
{
	size_t gap;
	unsigned d, most;

	if (n->len == 0 || n->len > LIMIT_NEAREST_BYTES || len > LIMIT_NEAREST_BYTES)
		return;
	/* With more than a third of its letters wrong it is another word; one letter may be wrong.
	 */
	most = len / 3 > 1 ? (unsigned)(len / 3) : 1;
	gap = len > n->len ? len - n->len : n->len - len; /* the distance is at least this */
	if (gap > most)
		return;
	d = distance(n->meant, n->len, candidate, len, most);
	if (d > most)
		return;
	if (d >= len)
		return;
	if (n->best == NULL || d < n->distance) {
		n->best = candidate;
		n->best_len = len;
		n->distance = d;
	}
}

void nearest_try(struct nearest *n, const char *candidate)
{
	nearest_try_bytes(n, candidate, strlen(candidate));
}
