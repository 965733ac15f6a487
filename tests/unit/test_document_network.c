/* link: document.o document_network.o document_process.o document_auditd.o document_file.o
 * document_layout.o document_message.o document_user.o normalize.o json.o timestamp.o cjson.o
 * event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o support_core.o support_event.o support_document.o */
#include "document_network.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_document.h"

static void addresses(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=020000350A0000FE\n");
	expect("destination", "{\"address\":\"10.0.0.254\",\"ip\":\"10.0.0.254\",\"port\":53}");
	expect("network/direction", "\"egress\"");
	expect_nothing("source");
	expect("auditd/data/socket",
		"{\"family\":\"ipv4\",\"addr\":\"10.0.0.254\",\"port\":\"53\"}");
	document_of("SYSCALL arch=c000003e syscall=43\nSOCKADDR saddr=01002F78\n");
	expect("source", "{\"address\":\"/x\",\"path\":\"/x\"}");
	expect("network/direction", "\"ingress\"");
	document_of("SYSCALL arch=c000003e syscall=42\n"
		    "SOCKADDR saddr=0A00001600000000FE80000000000000000000000000000102000000\n");
	expect("destination", "{\"address\":\"fe80::1%2\",\"ip\":\"fe80::1\",\"port\":22}");
	document_of("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=0100\n");
	expect_nothing("destination");
	expect("network/direction", "\"egress\""); /* even without an address */
	document_of("SYSCALL arch=c000003e syscall=42\n");
	expect_nothing("network");
}

/* In both layouts, and never what is no number. */
static void ports(void **state)
{
	(void)state;
	for (int layout = LAYOUT_AUDITBEAT; layout <= LAYOUT_INTEGRATION; layout++) {
		test_config.layout = (enum config_layout)layout;
		document_start();
		document_of("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=020000350A0000FE\n");
		expect("destination/port", "53");
		document_of("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=0200FFFF0A0000FE\n");
		expect("destination/port", "65535");
	}
}

static void versions(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=020000350A0000FE\n");
	expect("network", "{\"direction\":\"egress\",\"type\":\"ipv4\"}");
	document_of("SYSCALL arch=c000003e syscall=43\n"
		    "SOCKADDR saddr=0A00001600000000FE80000000000000000000000000000102000000\n");
	expect("network", "{\"direction\":\"ingress\",\"type\":\"ipv6\"}");
	/* ::ffff:10.0.0.254 travels as IPv4 */
	document_of("SYSCALL arch=c000003e syscall=42\n"
		    "SOCKADDR saddr=0A0000160000000000000000000000000000FFFF0A0000FE00000000\n");
	expect("network", "{\"direction\":\"egress\",\"type\":\"ipv4\"}");
	document_of("SYSCALL arch=c000003e syscall=42\nSOCKADDR saddr=01002F78\n");
	expect("network", "{\"direction\":\"egress\"}");
	document_of("USER_LOGIN pid=1 uid=0 msg='op=login addr=192.0.2.7 res=success'\n");
	expect("network", "{\"direction\":\"ingress\",\"type\":\"ipv4\"}");
}

static void transports(void **state)
{
	static const struct {
		const char *record, *network;
	} cases[] = {
		{"a0=2 a1=1 a2=0", "{\"type\":\"ipv4\",\"transport\":\"tcp\"}"},
		{"a0=2 a1=80801 a2=6", "{\"type\":\"ipv4\",\"transport\":\"tcp\"}"}, /* cloexec */
		{"a0=a a1=2 a2=0", "{\"type\":\"ipv6\",\"transport\":\"udp\"}"},
		{"a0=a a1=2 a2=3a", "{\"type\":\"ipv6\",\"transport\":\"ipv6-icmp\"}"},
		{"a0=2 a1=3 a2=1", "{\"type\":\"ipv4\",\"transport\":\"icmp\"}"},
		{"a0=2 a1=1 a2=84", "{\"type\":\"ipv4\",\"transport\":\"sctp\"}"},
		{"a0=2 a1=3 a2=ff", "{\"type\":\"ipv4\"}"},
		/* the kernel takes an int of each */
		{"a0=700000002 a1=ffffffff00000001 a2=ffffffff00000084",
			"{\"type\":\"ipv4\",\"transport\":\"sctp\"}"},
		{"a0=2 a1=a a2=6", ""}, /* SOCK_PACKET */
		{"a0=1 a1=1 a2=0", ""},
		{"a0=26 a1=5 a2=0", ""},
		{"a0=2 a1=x a2=0", ""},
		{"a0=2", ""},
	};
	char log[256];

	(void)state;
	document_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(
			log, sizeof(log), "SYSCALL arch=c000003e syscall=41 %s\n", cases[i].record);
		document_of(log);
		expect("network", cases[i].network);
	}
	/* SOCK_STREAM is 2 there */
	document_of("SYSCALL arch=40000008 syscall=4183 a0=2 a1=2 a2=0\n");
	expect("network/transport", "\"tcp\"");
	document_of("SYSCALL arch=40000008 syscall=4183 a0=2 a1=1 a2=0\n");
	expect("network/transport", "\"udp\"");
	document_of("SYSCALL arch=c000003e syscall=2 a0=2 a1=1 a2=0\n");
	expect_nothing("network");
	/* beside a denial it is the same call; a program only talks of one */
	document_of("AVC avc:  denied  { create } for  pid=1\n"
		    "SYSCALL arch=c000003e syscall=41 a0=2 a1=1 a2=0\n");
	expect("network/transport", "\"tcp\"");
	document_of("USER pid=1 uid=0 msg='syscall=socket a0=2 a1=1 a2=0 res=success'\n");
	expect_nothing("network");
}

static void packets(void **state)
{
	(void)state;
	document_start();
	document_of("NETFILTER_PKT mark=0x0 saddr=127.0.0.1 daddr=127.0.0.1 proto=17\n");
	expect("network", "{\"type\":\"ipv4\",\"transport\":\"udp\"}");
	document_of("NETFILTER_PKT mark=0x0 saddr=fe80::1 daddr=ff02::2 proto=58\n");
	expect("network", "{\"type\":\"ipv6\",\"transport\":\"ipv6-icmp\"}");
	document_of("NETFILTER_PKT mark=0x0 proto=-1\n");
	expect_nothing("network");
	document_of("USER_MGMT saddr=127.0.0.1 proto=17\n");
	expect_nothing("network");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, document_setup, document_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses),
		TEST(ports),
		TEST(versions),
		TEST(transports),
		TEST(packets),
	};

	return cmocka_run_group_tests_name("document_network", tests, NULL, NULL);
}
