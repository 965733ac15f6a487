#include "resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include "ip_address.h"
#include "sys.h"

#define PORT 53

/* ---- the two files ------------------------------------------------------------------------- */

/* The next word of a line, or NULL; the line ends at a comment. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " \t\r");
	size_t n = strcspn(word, " \t\r");

	if (n == 0 || *word == '#' || *word == ';')
		return NULL;
	*line = word + n + (word[n] != '\0');
	word[n] = '\0';
	return word;
}

static bool parse_address(const char *text, struct in6_addr *address)
{
	const unsigned n = ip_address(span_of(text), address->s6_addr);

	if (n == IP4_BYTES)
		*address = dns_mapped(address);
	return n > 0;
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strlen(b);

	if (n > 0 && b[n - 1] == '.')
		n--;
	return strncasecmp(a, b, n) == 0 && a[n] == '\0';
}

static void hosts_line(struct resolver *r, char *line)
{
	const char *word = next_word(&line);
	struct in6_addr address;

	if (!word || !parse_address(word, &address))
		return;
	while ((word = next_word(&line)) != NULL) {
		if (same_name(word, r->name)) {
			dns_add(&r->fresh, &address);
			return;
		}
	}
}

static void servers_line(struct resolver *r, char *line)
{
	const char *word = next_word(&line);
	struct in6_addr *server = &r->servers[r->server_count];

	if (!word || strcmp(word, "nameserver") != 0 || r->server_count == LIMIT_RESOLVER_SERVERS)
		return;
	word = next_word(&line);
	if (word && parse_address(word, server) && (r->ip6 || IN6_IS_ADDR_V4MAPPED(server)))
		r->server_count++;
}

/* Every line, up to LIMIT_RESOLVER_FILE_BYTES; a line that is too long is cut. */
static void read_lines(
	struct resolver *r, const char *path, void (*each)(struct resolver *r, char *line))
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	char piece[512], line[LIMIT_RESOLVER_LINE_BYTES];
	size_t all = 0, used = 0;
	ssize_t n;

	if (fd < 0)
		return;
	while (all < LIMIT_RESOLVER_FILE_BYTES && (n = sys_read(fd, piece, sizeof(piece))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (piece[i] == '\n') {
				line[used] = '\0';
				each(r, line);
				used = 0;
			} else if (used < sizeof(line) - 1) {
				line[used++] = piece[i];
			}
		}
		all += (size_t)n;
	}
	line[used] = '\0';
	each(r, line);
	sys_close(fd);
}

static void read_servers(struct resolver *r)
{
	const uint8_t local[4] = {127, 0, 0, 1};

	r->server_count = 0;
	read_lines(r, r->servers_file, servers_line);
	r->servers_listed = r->server_count > 0;
	if (!r->servers_listed)
		r->servers[r->server_count++] = dns_mapped(local);
}

/* ---- asking ------------------------------------------------------------------------------- */

static void leave_server(struct resolver *r)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	(void)sys_connect(r->fd, &none, sizeof(none));
}

static void stop_asking(struct resolver *r, int64_t until_ms)
{
	if (r->fd >= 0)
		leave_server(r);
	r->asking = false;
	r->deadline_ms = until_ms;
}

/* Without a configured server, that is the reason. */
static void nobody_answers(struct resolver *r, const char *why)
{
	r->reason = r->servers_listed ? why : "no name server is configured";
}

static bool finish(struct resolver *r, int64_t now_ms)
{
	uint32_t fresh_s = r->fresh.ttl_s;

	if (r->fresh.count == 0) {
		stop_asking(r, now_ms + r->pause_ms);
		r->pause_ms = r->pause_ms < LIMIT_RESOLVER_PAUSE_MS / 2 ? r->pause_ms * 2
									: LIMIT_RESOLVER_PAUSE_MS;
		return false;
	}
	fresh_s = fresh_s < MIN_RESOLVER_FRESH_S     ? MIN_RESOLVER_FRESH_S
		  : fresh_s > LIMIT_RESOLVER_FRESH_S ? LIMIT_RESOLVER_FRESH_S
						     : fresh_s;
	stop_asking(r, now_ms + (int64_t)fresh_s * 1000);
	r->pause_ms = MIN_RESOLVER_PAUSE_MS;
	r->reason = NULL;
	r->found = r->fresh;
	return true;
}

/* Throw away what came to the last port. false: it does not end. */
static bool forget_answers(struct resolver *r)
{
	char stale[1];

	for (unsigned i = 0; i < LIMIT_RESOLVER_STALE; i++)
		if (sys_recvfrom(r->fd, stale, sizeof(stale), MSG_DONTWAIT, NULL, NULL) == -EAGAIN)
			return true;
	return false;
}

static int connect_server(struct resolver *r, const struct in6_addr *server)
{
	struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	leave_server(r);
	if (!forget_answers(r))
		return -ENOBUFS;
	if (r->ip6) {
		ip6.sin6_addr = *server;
		return sys_connect(r->fd, (const struct sockaddr *)&ip6, sizeof(ip6));
	}
	memcpy(&ip4.sin_addr, server->s6_addr + 12, sizeof(ip4.sin_addr));
	return sys_connect(r->fd, (const struct sockaddr *)&ip4, sizeof(ip4));
}

static bool send_query(struct resolver *r, struct resolver_query *q, uint16_t type)
{
	uint16_t id;

	if (sys_getrandom(&id, sizeof(id), GRND_NONBLOCK) != (ssize_t)sizeof(id))
		return false;
	q->len = dns_query(q->bytes, id, r->name, type);
	q->open = true;
	return sys_sendto(r->fd, q->bytes, q->len, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0) ==
	       (ssize_t)q->len;
}

/* Ask the next server that can be asked. false: none is left. */
static bool ask_next(struct resolver *r, int64_t now_ms)
{
	for (; r->fd >= 0 && r->tries < r->server_count * LIMIT_RESOLVER_ROUNDS; r->tries++) {
		r->fresh.count = 0;
		if (connect_server(r, &r->servers[r->tries % r->server_count]) < 0 ||
			!send_query(r, &r->queries[0], DNS_A) ||
			(r->ip6 && !send_query(r, &r->queries[1], DNS_AAAA))) {
			nobody_answers(r, "no name server can be reached");
			continue;
		}
		r->asking = true;
		r->deadline_ms = now_ms + LIMIT_RESOLVER_TRY_MS;
		return true;
	}
	return false;
}

static bool begin(struct resolver *r, int64_t now_ms)
{
	r->fresh = (struct dns_addresses){.ttl_s = 0};
	r->tries = 0;
	read_lines(r, r->hosts_file, hosts_line);
	if (r->fresh.count > 0)
		return finish(r, now_ms);
	read_servers(r);
	if (r->fd < 0)
		r->reason = "there is no socket to ask with";
	return !ask_next(r, now_ms) && finish(r, now_ms);
}

static bool try_next(struct resolver *r, int64_t now_ms)
{
	r->tries++;
	return !ask_next(r, now_ms) && finish(r, now_ms);
}

/* ---- answers ------------------------------------------------------------------------------ */

/* NULL: it found something. */
static const char *reason_of(enum dns_result result)
{
	switch (result) {
	case DNS_NO_NAME:
		return "no such name (NXDOMAIN)";
	case DNS_NOTHING:
		return "it has no address (NODATA)";
	case DNS_FAILED:
		return "the name server has failed (SERVFAIL)";
	case DNS_REFUSES:
		return "the name server refuses (REFUSED)";
	default:
		return NULL;
	}
}

/* false: ask another server. IPv4 addresses go first, whichever answer came first. */
static bool take_answer(struct resolver *r, const uint8_t *answer, size_t len)
{
	for (unsigned i = 0; i < 2; i++) {
		struct resolver_query *q = &r->queries[i];
		struct dns_addresses more = {.ttl_s = 0}, was = r->fresh;
		enum dns_result result = DNS_FOREIGN;

		if (q->open)
			result = dns_answer(q->bytes, q->len, answer, len, &more);
		if (result == DNS_FOREIGN)
			continue;
		q->open = false;
		r->reason = reason_of(result);
		if (result == DNS_FAILED || result == DNS_REFUSES)
			return false;
		if (more.count == 0)
			return true;
		if (was.count > 0 && was.ttl_s < more.ttl_s)
			more.ttl_s = was.ttl_s;
		r->fresh = i == 0 ? more : was;
		r->fresh.ttl_s = more.ttl_s;
		for (unsigned j = 0; j < (i == 0 ? was : more).count; j++)
			dns_add(&r->fresh, &(i == 0 ? was : more).at[j]);
		return true;
	}
	return true;
}

/* false: ask another. */
static bool read_answers(struct resolver *r)
{
	uint8_t answer[DNS_ANSWER_BYTES];

	for (unsigned i = 0; i < LIMIT_RESOLVER_ANSWERS; i++) {
		ssize_t n = sys_recvfrom(r->fd, answer, sizeof(answer), MSG_DONTWAIT, NULL, NULL);

		if (n == -EAGAIN || n == -EINTR)
			return true;
		if (n < 0) {
			nobody_answers(r, "nobody listens at the name server");
			return false;
		}
		if (!take_answer(r, answer, (size_t)n))
			return false;
	}
	return true;
}

bool resolver_turn(struct resolver *r, int64_t now_ms)
{
	if (!r->name || (!r->asking && now_ms < r->deadline_ms))
		return false;
	if (!r->asking)
		return begin(r, now_ms);
	if (!read_answers(r))
		return try_next(r, now_ms);
	if (!r->queries[0].open && !r->queries[1].open)
		return finish(r, now_ms);
	if (now_ms < r->deadline_ms)
		return false;
	if (r->fresh.count > 0)
		return finish(r, now_ms);
	nobody_answers(r, "no answer from the name server");
	return try_next(r, now_ms);
}

/* ---- start -------------------------------------------------------------------------------- */

void resolver_ask(struct resolver *r, const char *name)
{
	r->name = name;
	r->found.count = 0;
	r->reason = NULL;
	r->pause_ms = MIN_RESOLVER_PAUSE_MS;
	memset(r->queries, 0, sizeof(r->queries));
	stop_asking(r, name ? 0 : INT64_MAX);
}

int resolver_open(struct resolver *r)
{
	const int type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
	const int off = 0;

	memset(r, 0, sizeof(*r));
	r->hosts_file = "/etc/hosts";
	r->servers_file = "/etc/resolv.conf";
	r->fd = -1;
	resolver_ask(r, NULL);
	r->fd = sys_socket(AF_INET6, type, 0);
	r->ip6 = r->fd >= 0 &&
		 sys_setsockopt(r->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0;
	if (r->fd < 0)
		r->fd = sys_socket(AF_INET, type, 0);
	return r->fd < 0 ? r->fd : 0;
}
