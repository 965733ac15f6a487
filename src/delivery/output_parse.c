#include <arpa/inet.h>
#include <string.h>

#include "dns.h"
#include "ip_address.h"
#include "output.h"

static const char bad_port[] = "a port from 1 to 65535, as in udp://192.0.2.1:514";
static const char bad_host[] =
	"an address or a name, as in udp://192.0.2.1:514, udp://[2001:db8::1]:514 or "
	"udp://collector.example.net:514";
static const char bad_brackets[] = "brackets around an IPv6 address, as in udp://[2001:db8::1]:514";
static const char bad_scope[] =
	"an interface or its number behind %, as in udp://[fe80::1%eth0]:514";
static const char bad_path[] = "an absolute path of at most 107 bytes, as in unix:///dev/log";
static const char bad_kind[] = "udp://HOST:PORT, tcp://HOST:PORT, unix:///PATH, stdout or null";
static const char no_tls[] = "udp://HOST:PORT, tcp://HOST:PORT or another: tls:// is not built in";

/* The whole text as a decimal number without sign; -1: it is none, or above `most`. */
static long read_number(const char *s, long most)
{
	long value = 0;

	if (!*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		value = value * 10 + (*s - '0');
		if (value > most)
			return -1;
	}
	return value;
}

/* `text` begins at the colon, or is empty. -1: it is no port. */
static long read_port(const char *text, uint16_t usual)
{
	long port;

	if (!*text)
		return usual;
	if (*text != ':')
		return -1;
	port = read_number(text + 1, 65535);
	return port == 0 ? -1 : port;
}

/* The n bytes at s as a string, if they are fewer than size. */
static bool copy(char *to, size_t size, const char *s, size_t n)
{
	if (n >= size)
		return false;
	memcpy(to, s, n);
	to[n] = '\0';
	return true;
}

/* A name, or an address of IPv4. */
static const char *parse_host(struct output_address *a, const char *text)
{
	size_t n = strcspn(text, ":");
	long port = read_port(text + n, a->port);
	uint8_t bytes[IP6_BYTES];

	a->at.ip4 = (struct sockaddr_in){.sin_family = AF_INET};
	if (strchr(text + n + (text[n] != '\0'), ':'))
		return bad_brackets;
	if (!copy(a->host, sizeof(a->host), text, n))
		return bad_host;
	if (ip_address(span_of(a->host), bytes) == IP4_BYTES) {
		memcpy(&a->at.ip4.sin_addr, bytes, IP4_BYTES);
		a->host[0] = '\0';
		a->len = sizeof(a->at.ip4);
	} else if (!dns_is_name(a->host)) {
		return bad_host;
	}
	if (port < 0)
		return bad_port;
	a->port = (uint16_t)port;
	a->at.ip4.sin_port = htons(a->port);
	return NULL;
}

/* `text` begins behind the bracket. */
static const char *parse_ip6(struct output_address *a, const char *text)
{
	size_t n = strcspn(text, "]"), host_len = strcspn(text, "%]");
	long port, index;

	a->at.ip6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
	if (text[n] != ']' || ip_address((struct span){text, (uint32_t)host_len},
				      a->at.ip6.sin6_addr.s6_addr) != IP6_BYTES)
		return bad_host;
	if (host_len < n) {
		const char *scope = text + host_len + 1;

		if (scope == text + n ||
			!copy(a->scope, sizeof(a->scope), scope, (size_t)(text + n - scope)))
			return bad_scope;
		index = read_number(a->scope, INT32_MAX);
		if (index == 0)
			return bad_scope;
		if (index > 0) {
			a->at.ip6.sin6_scope_id = (uint32_t)index;
			a->scope[0] = '\0';
		}
	} else if (IN6_IS_ADDR_LINKLOCAL(&a->at.ip6.sin6_addr)) {
		return bad_scope;
	}
	port = read_port(text + n + 1, a->port);
	if (port < 0)
		return bad_port;
	a->port = (uint16_t)port;
	a->at.ip6.sin6_port = htons(a->port);
	a->len = sizeof(a->at.ip6);
	return NULL;
}

static const char *parse_unix(struct output_address *a, const char *path)
{
	a->at.un = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (*path != '/' || !copy(a->at.un.sun_path, sizeof(a->at.un.sun_path), path, strlen(path)))
		return bad_path;
	a->len = (uint32_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
	return NULL;
}

const char *output_parse(struct output_address *address, const char *destination)
{
	memset(address, 0, sizeof(*address)); /* OUTPUT_NULL; addresses are compared */
	if (strcmp(destination, "null") == 0)
		return NULL;
	if (strcmp(destination, "stdout") == 0) {
		address->kind = OUTPUT_STDOUT;
		return NULL;
	}
	if (strncmp(destination, "udp://", 6) == 0 || strncmp(destination, "tcp://", 6) == 0) {
		address->kind = *destination == 'u' ? OUTPUT_UDP : OUTPUT_TCP;
		address->port = *destination == 'u' ? OUTPUT_UDP_PORT : OUTPUT_TCP_PORT;
		return destination[6] == '[' ? parse_ip6(address, destination + 7)
					     : parse_host(address, destination + 6);
	}
	if (strncmp(destination, "unix://", 7) == 0) {
		address->kind = OUTPUT_UNIX;
		return parse_unix(address, destination + 7);
	}
	return strncmp(destination, "tls:", 4) == 0 ? no_tls : bad_kind;
}
