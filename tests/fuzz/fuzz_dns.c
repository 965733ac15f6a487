/* link: dns.o */
/* Any bytes as a server's answer, behind the id and the question that it must repeat. */
#include <stdlib.h>
#include <string.h>
#include "dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_addresses found = {.count = 0};
	uint8_t query[DNS_QUERY_BYTES], *answer;
	const size_t query_len =
		dns_query(query, 7, "collector.example.net", size % 2 ? DNS_A : DNS_AAAA);
	size_t len = query_len;
	enum dns_result result;

	answer = malloc(len + size);
	memcpy(answer, query, len);
	if (size >= 8) { /* flags and counts are its own */
		memcpy(answer + 2, data, 2);
		answer[2] |= 0x80;
		memcpy(answer + 6, data + 2, 6);
		memcpy(answer + len, data + 8, size - 8);
		len += size - 8;
	}
	result = dns_answer(query, query_len, answer, len, &found);
	if (found.count > LIMIT_RESOLVED_ADDRESSES || (result == DNS_FOUND) != (found.count > 0))
		abort();
	free(answer);
	return 0;
}
