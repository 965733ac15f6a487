/* link: dns.o */
/* Any bytes as a server's answer, behind the id and the question that it must repeat. */
#include <stdlib.h>
#include <string.h>
#include "dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each address stands in the answer, behind the question. */
static void check_found(const struct dns_addresses *found, const uint8_t *records, size_t len)
{
	for (unsigned i = 0; i < found->count; i++) {
		const uint8_t *at = found->at[i].s6_addr;
		const size_t skip = IN6_IS_ADDR_V4MAPPED(&found->at[i]) ? 12 : 0;

		if (!memmem(records, len, at + skip, 16 - skip))
			abort();
	}
}

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
	check_found(&found, answer + query_len, len - query_len);
	free(answer);
	return 0;
}
