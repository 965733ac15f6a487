#include "log_header.h"

/*
 * The language of the forms. These stand for something, all else for itself:
 *
 *   ' '  blanks                    ~  blanks, or none
 *   0    a digit                   #  digits
 *   M    Mar                       D  Tue
 *   J    T or a blank              R  .digits, ,digits, or nothing
 *   Z    a time zone, or nothing   N  a word
 *   X    anything but blanks       E  structured data of RFC 5424 and blanks
 *   T    a time: times[]           K  a time of the kernel: kernel_times[]
 *   H    the host                  F  facility and level: kern.notice
 *   W    the program               S  the program, its pid in brackets, a colon
 *   L    a level of logcat         P  who prints: T or C
 *   G    what the kernel puts in front of "type=": its time, "audit:", both, or nothing
 */
static const char forms[] =
	"G\0"		   /* [   12.345678] audit: type=        dmesg; or nothing */
	"L/W~: \0"	   /* I/auditd  : type=                  logcat -v tag */
	"L/W~(~#): \0"	   /* I/auditd  ( 1234): type=           logcat -v brief */
	"S G\0"		   /* audispd: type= */
	"kern :N~:~G\0"	   /* kern  :notice: [   12.3] audit:    dmesg -x */
	"K H S G\0"	   /* [   12.3] gw kernel: audit:        journalctl -o short-monotonic */
	"T \0"		   /* Mar  3 07:48:21 type= */
	"T S G\0"	   /* 2026-03-03T07:48:21,1+00:00 audit:  dmesg --time-format iso */
	"T F S G\0"	   /* Sat Jan  6 10:00:00 2024 kern.notice kernel: audit:   logread */
	"T H F S G\0"	   /* Jan  6 10:00:00 gw kern.notice kernel: audit:   busybox */
	"T H \0"	   /* Mar  3 07:48:21 gw type= */
	"T H S G\0"	   /* Mar  3 07:48:21 gw kernel: [   12.3] audit: */
	"T H W \0"	   /* 2026-03-03T07:48:21+00:00 gw auditd type= */
	"1 T H W X X EG\0" /* <13>1 2026-03-03T07:48:21Z gw audispd 12 - - type=   RFC 5424 */
	"T # # L W~: \0"   /* 01-15 10:11:12.345  12  12 I auditd  : type=   logcat */
	"T N # # L W~: \0" /* the same with -v uid */
	"T L/W~(~#): \0"   /* logcat -v time */
	"";

/* A form stands before those that are its beginning. */
static const char times[] = "M # 0000 00:00:00R\0"
			    "M # 00:00:00R 0000\0"
			    "M # 00:00:00R\0"
			    "D M # 00:00:00R 0000\0"
			    "D M # 00:00:00R N 0000\0"
			    "D 0000-00-00 00:00:00R N\0"
			    "0000-00-00J00:00:00RZ\0"
			    "00-00 00:00:00R\0"
			    "#.#\0";

static const char kernel_times[] = "[~#.#]\0"
				   "[D M # 00:00:00 0000]\0" /* dmesg -T */
				   "[M # 00:00]\0"	     /* dmesg -H, and then */
				   "[~+#.#]\0"
				   "[~<~#.#>]\0" /* dmesg -d */
				   "";

#define DIGITS "0123456789"

struct cursor {
	const char *at, *limit;
	struct log_header *header;
};

static bool match(struct cursor *c, const char *form);

/* ---- the parts --------------------------------------------------------------------------- */

static bool is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

static bool one_of(struct cursor *c, const char *set)
{
	if (c->at == c->limit || !is_in(*c->at, set))
		return false;
	c->at++;
	return true;
}

static bool some_of(struct cursor *c, const char *set)
{
	const char *start = c->at;

	while (one_of(c, set))
		;
	return c->at > start;
}

static bool literal(struct cursor *c, const char *text)
{
	struct span rest = {c->at, (uint32_t)(c->limit - c->at)};

	if (!span_starts(rest, text))
		return false;
	c->at += strlen(text);
	return true;
}

/* Letters, digits, and these. */
static struct span word(struct cursor *c, const char *others)
{
	const char *start = c->at;

	for (; c->at < c->limit; c->at++) {
		const char lower = (char)(*c->at | 0x20);

		if (!(lower >= 'a' && lower <= 'z') && !is_in(*c->at, DIGITS) &&
			!is_in(*c->at, others))
			break;
	}
	return (struct span){start, (uint32_t)(c->at - start)};
}

/* Anything but blanks and control characters. */
static bool visible(struct cursor *c)
{
	const char *start = c->at;

	while (c->at < c->limit && (unsigned char)*c->at > ' ')
		c->at++;
	return c->at > start;
}

static bool month_or_day(struct cursor *c, const char *names)
{
	for (; *names; names += 3)
		if (c->limit - c->at >= 3 && memcmp(c->at, names, 3) == 0) {
			c->at += 3;
			return true;
		}
	return false;
}

static bool any_of(struct cursor *c, const char *table)
{
	for (; *table; table += strlen(table) + 1)
		if (match(c, table))
			return true;
	return false;
}

/* A name or an address. A word that ends with a colon or has brackets is a program instead. */
static bool host(struct cursor *c)
{
	struct span name = word(c, "-._:%");

	if (name.len == 0)
		return literal(c, "(none)"); /* of a kernel without a name */
	c->header->host = span_is(name, "-") ? SPAN_NONE : name;
	return name.at[name.len - 1] != ':';
}

static bool sender(struct cursor *c)
{
	struct span name = word(c, "-._/+@");

	c->header->sender = span_is(name, "-") ? SPAN_NONE : name;
	return name.len > 0;
}

/* Whether the list, with a blank in front of each word, has this one. */
static bool is_word_of(const char *list, struct span word)
{
	for (; *list == ' '; list += strcspn(list, " ")) {
		list++;
		if (word.len == strcspn(list, " ") && memcmp(list, word.at, word.len) == 0)
			return word.len > 0;
	}
	return false;
}

/* "daemon.info". A host may have a dot as well, but not these words around it. */
static bool facility(struct cursor *c)
{
	static const char facilities[] =
		" kern user mail daemon auth syslog lpr news uucp cron authpriv ftp";
	struct span name = word(c, "");

	c->header->facility = span_is(name, "kern") ? 0 : 1;
	return name.len > 0 && (span_starts(name, "local") || is_word_of(facilities, name)) &&
	       one_of(c, ".") &&
	       is_word_of(" emerg alert crit err warn warning notice info debug", word(c, ""));
}

/* "-", or elements [id name="value" ...], in which \ quotes (RFC 5424 section 6.3). Some put a
 * byte order mark behind it. */
static bool structured_data(struct cursor *c)
{
	bool quoted;

	if (!one_of(c, "-")) {
		if (c->at == c->limit || *c->at != '[')
			return false;
		while (one_of(c, "[")) {
			for (quoted = false; c->at < c->limit && (quoted || *c->at != ']');
				c->at++) {
				if (*c->at == '"')
					quoted = !quoted;
				else if (*c->at == '\\' && c->limit - c->at > 1)
					c->at++;
			}
			if (!one_of(c, "]"))
				return false;
		}
	}
	return some_of(c, " ") && (literal(c, "\xef\xbb\xbf") || true);
}

/* CONFIG_PRINTK_CALLER puts the thread or the processor behind the time. */
static bool kernel_time(struct cursor *c)
{
	return any_of(c, kernel_times) && (match(c, "~[~P#]") || true);
}

/* ---- a form ------------------------------------------------------------------------------ */

static bool match_part(struct cursor *c, char part)
{
	switch (part) {
	case ' ':
		return some_of(c, " \t");
	case '~':
		return some_of(c, " \t") || true;
	case '0':
		return one_of(c, DIGITS);
	case '#':
		return some_of(c, DIGITS);
	case 'R':
		return !one_of(c, ".,") || some_of(c, DIGITS);
	case 'M':
		return month_or_day(c, "JanFebMarAprMayJunJulAugSepOctNovDec");
	case 'D':
		return month_or_day(c, "MonTueWedThuFriSatSun");
	case 'J':
		return one_of(c, "T ");
	case 'Z':
		return one_of(c, "Z") || !one_of(c, "+-") || some_of(c, DIGITS ":");
	case 'N':
		return word(c, "-_+").len > 0;
	case 'X':
		return visible(c);
	case 'T':
		return any_of(c, times);
	case 'K':
		return kernel_time(c);
	case 'H':
		return host(c);
	case 'W':
		return sender(c);
	case 'S':
		return sender(c) && (match(c, "[#]:") || one_of(c, ":"));
	case 'F':
		return facility(c);
	case 'L':
		return one_of(c, "VDIWEF");
	case 'E':
		return structured_data(c);
	case 'P':
		return one_of(c, "TC");
	case 'G':
		return (match(c, "K~") || true) && (match(c, "audit:~") || true);
	default:
		return one_of(c, (char[]){part, '\0'});
	}
}

/* false: the cursor is where it was. */
static bool match(struct cursor *c, const char *form)
{
	const char *start = c->at;

	for (; *form; form++)
		if (!match_part(c, *form)) {
			c->at = start;
			return false;
		}
	return true;
}

/* ---- a line ------------------------------------------------------------------------------ */

struct span log_header_trim(struct span line)
{
	if (span_starts(line, "\xef\xbb\xbf")) {
		line.at += 3;
		line.len -= 3;
	}
	while (line.len > 0 && (*line.at == ' ' || *line.at == '\t' || *line.at == '\0')) {
		line.at++;
		line.len--;
	}
	return line;
}

/* "audit.log.1:", "audit.log:12:", "12:"; with grep -C "audit.log.1-". No blank follows: else it is
 * a program. */
struct span log_header_skip_file(struct span line)
{
	struct cursor c = {line.at, line.at + line.len, NULL};
	struct span name = word(&c, "-._/+@~,");

	if (name.len > 5 && name.at[name.len - 5] == '-')
		c.at -= 4; /* "type" or "node" */
	else if (name.len == 0 || !one_of(&c, ":"))
		return SPAN_NONE;
	else
		match(&c, "#:");
	return (struct span){c.at, (uint32_t)(c.limit - c.at)};
}

/* "<5>": eight levels a facility. */
static void read_priority(struct cursor *c)
{
	const char *start = c->at;

	if (match(c, "<#>"))
		c->header->facility = c->at - start == 3 && start[1] < '8' ? 0 : 1;
}

const char *log_header_forms(void)
{
	return forms;
}

bool log_header_read(struct span line, const char *form, struct log_header *h, struct span *rest)
{
	struct cursor c = {line.at, line.at + line.len, h};

	h->host = h->sender = SPAN_NONE;
	h->facility = -1;
	read_priority(&c);
	if (!match(&c, form))
		return false;
	*rest = (struct span){c.at, (uint32_t)(c.limit - c.at)};
	return true;
}

bool log_header_is_trusted(const struct log_header *h)
{
	if (span_is(h->sender, "kernel"))
		return h->facility <= 0;
	return h->sender.len == 0 || span_starts(h->sender, "audisp-") ||
	       span_is(h->sender, "audispd") || span_is(h->sender, "auditd") ||
	       span_is(h->sender, "audit");
}
