/*
 * exit_status.h - how a command ends.
 */
#ifndef ECSAUDIT_EXIT_STATUS_H
#define ECSAUDIT_EXIT_STATUS_H

enum exit_status {
	EXIT_OK = 0,
	EXIT_FAILED = 1, /* it cannot be done here and now */
	EXIT_USAGE = 2,	 /* a mistake in the arguments or in the configuration */
};

#endif
