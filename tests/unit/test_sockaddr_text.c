/* link: sockaddr_text.o support_core.o */
/* The structures are the kernel's own where its headers are there: what they are laid out as is
 * the compiler's word, not ours. */
#include "sockaddr_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include <linux/ax25.h>
#include <linux/can.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/vm_sockets.h>
#include <linux/x25.h>

#include "support_core.h"

static const bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* From memory of exactly that size: a sanitizer sees a read beyond it. */
static struct span text_of(const void *address, size_t len, bool order)
{
	uint8_t *exact = malloc(len ? len : 1);
	unsigned family = 0;
	struct span text;

	memcpy(exact, address, len);
	if (len >= 2)
		family = order ? exact[0] << 8 | exact[1] : exact[1] << 8 | exact[0];
	text = sockaddr_text(scratch_arena(), exact, (uint32_t)len, family, order);
	free(exact);
	return text;
}

#define EXPECT(address, len, want) assert_text(text_of(&(address), (len), big_endian), want)
#define NONE(address, len)	   assert_null(text_of(&(address), (len), big_endian).at)

static void packet(void **state)
{
	struct sockaddr_ll a = {.sll_family = AF_PACKET,
		.sll_ifindex = 2,
		.sll_hatype = 1,
		.sll_halen = 6,
		.sll_addr = {0x02, 0, 0, 0, 0xab, 0x01}};

	(void)state;
	memcpy(&a.sll_protocol, "\x08\x06", 2); /* ARP, in the network's order */
	EXPECT(a, sizeof(a), "packet:2:0806:02:00:00:00:ab:01");
	EXPECT(a, 12, "packet:2:0806");
	memset(a.sll_addr, 0, sizeof(a.sll_addr));
	EXPECT(a, sizeof(a), "packet:2:0806");
	NONE(a, 7);
}

static void vsock(void **state)
{
	struct sockaddr_vm a = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = 1234};

	(void)state;
	EXPECT(a, sizeof(a), "vsock:2:1234");
	a.svm_cid = VMADDR_CID_ANY;
	a.svm_port = VMADDR_PORT_ANY;
	EXPECT(a, 12, "vsock:4294967295:4294967295");
	NONE(a, 11);
}

static void netlink(void **state)
{
	struct sockaddr_nl a = {.nl_family = AF_NETLINK, .nl_pid = 379};

	(void)state;
	EXPECT(a, sizeof(a), "netlink:379");
	a.nl_groups = 0x11;
	EXPECT(a, sizeof(a), "netlink:379:00000011");
	EXPECT(a, 8, "netlink:379");
	NONE(a, 7);
}

static void can(void **state)
{
	struct sockaddr_can a = {.can_family = AF_CAN, .can_ifindex = 3};

	(void)state;
	EXPECT(a, sizeof(a), "can:3");
	EXPECT(a, 8, "can:3");
	a.can_addr.tp.rx_id = 0x7e8;
	a.can_addr.tp.tx_id = 0x7e0;
	EXPECT(a, sizeof(a), "can:3:000007e8:000007e0");
	NONE(a, 7);
}

static void x25(void **state)
{
	struct sockaddr_x25 a = {.sx25_family = AF_X25, .sx25_addr = {"31100123456789"}};

	(void)state;
	EXPECT(a, sizeof(a), "x25:31100123456789");
	EXPECT(a, 5, "x25:311");
	memset(a.sx25_addr.x25_addr, '9', 16); /* never ends */
	EXPECT(a, sizeof(a), "x25:9999999999999999");
	NONE(a, 2);
}

static void ax25(void **state)
{
	struct sockaddr_ax25 a = {.sax25_family = AF_AX25};
	static const char sign[] = "N0CALL", brief[] = "OE1A  ";

	(void)state;
	for (int i = 0; i < 6; i++)
		a.sax25_call.ax25_call[i] = (char)(sign[i] << 1);
	a.sax25_call.ax25_call[6] = 0x60 | 11 << 1;
	EXPECT(a, sizeof(a), "ax25:N0CALL-11");
	for (int i = 0; i < 6; i++)
		a.sax25_call.ax25_call[i] = (char)(brief[i] << 1);
	a.sax25_call.ax25_call[6] = 0x60;
	EXPECT(a, 9, "ax25:OE1A-0");
	NONE(a, 8);
}

/* struct sockaddr_ipx; the header left the kernel with the protocol. */
static void ipx(void **state)
{
	static const uint8_t a[] = {
		4, 0, 0x04, 0x51, 0, 0, 0, 0x2a, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x11, 0};

	(void)state;
	assert_text(text_of(a, sizeof(a), false), "ipx:0000002a:001122334455:0451");
	assert_null(text_of(a, 13, false).at);
}

/* struct sockaddr_hci, _sco, _rc and _l2 of the kernel's include/net/bluetooth. */
static void bluetooth(void **state)
{
	static const uint8_t hci[] = {31, 0, 1, 0, 0xff, 0xff};
	static const uint8_t sco[] = {31, 0, 0x13, 0x71, 0xda, 0x7d, 0x1a, 0x00};
	static const uint8_t rfcomm[] = {31, 0, 0x13, 0x71, 0xda, 0x7d, 0x1a, 0x00, 3, 0};
	static const uint8_t l2cap[] = {
		31, 0, 0x19, 0x10, 0x13, 0x71, 0xda, 0x7d, 0x1a, 0x00, 4, 0, 1, 0};

	(void)state;
	assert_text(text_of(hci, sizeof(hci), false), "hci:1:65535");
	assert_text(text_of(sco, sizeof(sco), false), "sco:00:1A:7D:DA:71:13");
	assert_text(text_of(rfcomm, sizeof(rfcomm), false), "rfcomm:00:1A:7D:DA:71:13:3");
	assert_text(text_of(l2cap, sizeof(l2cap), false), "l2cap:00:1A:7D:DA:71:13:4121:4");
	assert_text(text_of(l2cap, 12, false), "l2cap:00:1A:7D:DA:71:13:4121:4"); /* Linux 2.6 */
	assert_null(text_of(hci, 5, false).at);
}

static void qipcrtr(void **state)
{
	struct sockaddr_qrtr a = {.sq_family = AF_QIPCRTR, .sq_node = 1, .sq_port = 0xfffffffe};

	(void)state;
	EXPECT(a, sizeof(a), "qipcrtr:1:4294967294");
	NONE(a, 11);
}

/* The machine's numbers are turned, the network's are not. */
static void the_other_byte_order(void **state)
{
	static const uint8_t vsock[] = {0, 40, 0, 0, 0, 0, 0x04, 0xd2, 0, 0, 0, 2, 0, 0, 0, 0};
	static const uint8_t packet[] = {0, 17, 8, 0, 0, 0, 0, 7, 0, 1, 0, 0};
	static const uint8_t l2cap[] = {
		0, 31, 0x19, 0x10, 0x13, 0x71, 0xda, 0x7d, 0x1a, 0x00, 4, 0, 1, 0};

	(void)state;
	assert_text(text_of(vsock, sizeof(vsock), true), "vsock:2:1234");
	assert_text(text_of(packet, sizeof(packet), true), "packet:7:0800");
	assert_text(text_of(l2cap, sizeof(l2cap), true), "l2cap:00:1A:7D:DA:71:13:4121:4");
}

static void nothing_known(void **state)
{
	static const uint8_t infrared[] = {23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

	(void)state;
	assert_null(text_of(infrared, sizeof(infrared), false).at);
	assert_null(text_of(infrared, 1, false).at);
	assert_null(text_of(infrared, 0, false).at);
}

/* Any family of any length and content: within the room it takes, and no byte too far. */
static void any_address(void **state)
{
	uint8_t bytes[SOCKADDR_BYTES_MAX];

	(void)state;
	for (unsigned fill = 0; fill < 256; fill += 51) {
		memset(bytes, (int)fill, sizeof(bytes));
		for (unsigned family = 0; family < 64; family++) {
			bytes[0] = (uint8_t)family;
			bytes[1] = 0;
			for (size_t len = 0; len <= 40; len++)
				assert_true(text_of(bytes, len, false).len <= 64);
		}
	}
}

static void no_room(void **state)
{
	static const uint8_t vsock[] = {40, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0};
	struct arena full = {.base = (char[8]){0}, .size = 8};

	(void)state;
	assert_null(sockaddr_text(&full, vsock, sizeof(vsock), AF_VSOCK, false).at);
	assert_true(full.exhausted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet),
		cmocka_unit_test(vsock),
		cmocka_unit_test(netlink),
		cmocka_unit_test(can),
		cmocka_unit_test(x25),
		cmocka_unit_test(ax25),
		cmocka_unit_test(ipx),
		cmocka_unit_test(bluetooth),
		cmocka_unit_test(qipcrtr),
		cmocka_unit_test(the_other_byte_order),
		cmocka_unit_test(nothing_known),
		cmocka_unit_test(any_address),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests_name("sockaddr_text", tests, NULL, NULL);
}
