/*
 * support_control.h - a control socket to the fake kernel, open while a test runs.
 */
#ifndef ECSAUDIT_SUPPORT_CONTROL_H
#define ECSAUDIT_SUPPORT_CONTROL_H

#include "netlink.h"

extern struct netlink control;

int control_setup(void **state);
/* Nothing else may be open. */
int control_teardown(void **state);

#endif
