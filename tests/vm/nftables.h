/*
 * nftables.h - one change of nftables' tables, as nft(8) asks the kernel for it.
 *
 * For the tools of this folder; not part of ecsaudit.
 */
#ifndef TESTS_VM_NFTABLES_H
#define TESTS_VM_NFTABLES_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#define NFTABLES_NAME_BYTES 256
#define NFTABLES_INET	    1 /* NFPROTO_INET, which no header of the kernel's gives beside musl's */

/* One message of a batch; returns its length, padded. */
static inline size_t nftables_put(char *at, unsigned type, unsigned flags, unsigned family,
	unsigned resource, const char *name)
{
	struct nlmsghdr *message = (struct nlmsghdr *)at;
	struct nfgenmsg *generic = NLMSG_DATA(message);
	struct nlattr *attribute;

	memset(at, 0, NLMSG_SPACE(sizeof(*generic)) + NLA_HDRLEN + NFTABLES_NAME_BYTES);
	message->nlmsg_type = (__u16)type;
	message->nlmsg_flags = (__u16)(NLM_F_REQUEST | flags);
	message->nlmsg_len = NLMSG_LENGTH(sizeof(*generic));
	generic->nfgen_family = (__u8)family;
	generic->version = NFNETLINK_V0;
	generic->res_id = htons((uint16_t)resource);
	if (name) {
		attribute = (struct nlattr *)(at + NLMSG_ALIGN(message->nlmsg_len));
		attribute->nla_type = NFTA_TABLE_NAME;
		attribute->nla_len = (__u16)(NLA_HDRLEN + strlen(name) + 1);
		memcpy((char *)attribute + NLA_HDRLEN, name, strlen(name) + 1);
		message->nlmsg_len += NLA_ALIGN(attribute->nla_len);
	}
	return NLMSG_ALIGN(message->nlmsg_len);
}

/*
 * type: NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE. name: NULL, of DELTABLE, means all tables of
 * the family. fd is a socket of NETLINK_NETFILTER. 0, or -1 and errno.
 */
static inline int nftables_change(int fd, unsigned type, unsigned family, const char *name)
{
	char batch[2048], reply[4096];
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct nlmsghdr *answer = (struct nlmsghdr *)reply;
	unsigned flags = NLM_F_ACK | (type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);
	unsigned subsystem = NFNL_SUBSYS_NFTABLES;
	size_t n = 0;

	errno = EINVAL;
	if (name && strlen(name) >= NFTABLES_NAME_BYTES)
		return -1;
	n += nftables_put(batch + n, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, subsystem, NULL);
	n += nftables_put(batch + n, subsystem << 8 | type, flags, family, 0, name);
	n += nftables_put(batch + n, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, subsystem, NULL);
	if (sendto(fd, batch, n, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -1;
	if (recv(fd, reply, sizeof(reply), 0) < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) ||
		answer->nlmsg_type != NLMSG_ERROR)
		return -1;
	errno = -((struct nlmsgerr *)NLMSG_DATA(answer))->error;
	return errno ? -1 : 0;
}

#endif
