#include "timestamp.h"

#define SECONDS_A_DAY 86400
/* 0000-01-01T00:00:00 and 9999-12-31T23:59:59 */
#define FIRST_SECOND (-62167219200)
#define LAST_SECOND  253402300799

static void put_digits(char *p, unsigned value, unsigned digits)
{
	while (digits--) {
		p[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* The Gregorian calendar, also before its time (ISO 8601). Years begin in March here: the
 * leap day is their last, and 400 of them have 146097 days. */
static void put_date(char *p, unsigned days) /* since March 1 of the year -400 */
{
	unsigned era = days / 146097, day = days % 146097;
	unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	unsigned month; /* 0: March */

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	year += 400 * era + (month >= 10) - 400;
	put_digits(p, year, 4);
	p[4] = '-';
	put_digits(p + 5, month < 10 ? month + 3 : month - 9, 2);
	p[7] = '-';
	put_digits(p + 8, day + 1, 2);
}

static void put_second(char *p, int64_t second)
{
	/* Days from March 1 of the year -400 to 1970-01-01: nothing is negative below. */
	const int64_t offset = 719468 + 146097;
	uint64_t since = (uint64_t)(second + offset * SECONDS_A_DAY);
	unsigned rest = (unsigned)(since % SECONDS_A_DAY);

	put_date(p, (unsigned)(since / SECONDS_A_DAY));
	p[10] = 'T';
	put_digits(p + 11, rest / 3600, 2);
	p[13] = ':';
	put_digits(p + 14, rest / 60 % 60, 2);
	p[16] = ':';
	put_digits(p + 17, rest % 60, 2);
	p[19] = '.';
	p[23] = 'Z';
}

struct span timestamp_format(struct timestamp *t, int64_t seconds, uint32_t ms)
{
	if (seconds < FIRST_SECOND) {
		seconds = FIRST_SECOND;
		ms = 0;
	} else if (seconds > LAST_SECOND) {
		seconds = LAST_SECOND;
		ms = 999;
	}
	if (!t->valid || t->second != seconds) {
		put_second(t->text, seconds);
		t->second = seconds;
		t->valid = true;
	}
	put_digits(t->text + 20, ms < 1000 ? ms : 999, 3);
	return (struct span){t->text, TIMESTAMP_BYTES};
}
