#include "support_control.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"

struct netlink control;

int control_setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	assert_int_equal(netlink_open(&control, NETLINK_USE_CONTROL), 0);
	return 0;
}

int control_teardown(void **state)
{
	(void)state;
	netlink_close(&control);
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}
