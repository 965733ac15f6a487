/*
 * dnsd.c - a name server that knows one thing: every name has the address 127.0.0.1.
 *
 *	dnsd     on 127.0.0.1:53, until it is killed; prints what it was asked, a line each
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_BYTES 12

/* Behind the question: one A record of the name that is asked for. */
static const unsigned char record[] = {
	0xc0, HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1};

int main(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		perror("dnsd: bind");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		unsigned char message[512 + sizeof(record)];
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &len);
		int is_a;

		if (n < HEADER_BYTES + 5)
			continue;
		is_a = message[n - 3] == 1;
		printf("%s\n", is_a ? "A" : "other");
		message[2] |= 0x80;
		message[7] = (unsigned char)is_a;
		if (is_a) {
			memcpy(message + n, record, sizeof(record));
			n += (ssize_t)sizeof(record);
		}
		sendto(fd, message, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
}
