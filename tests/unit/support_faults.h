/*
 * support_faults.h - what each system call may fail with, once it has worked on other days.
 */
#ifndef ECSAUDIT_SUPPORT_FAULTS_H
#define ECSAUDIT_SUPPORT_FAULTS_H

#include "fake_sys.h"

#define FAULTS_KINDS  64u
#define FAULTS_ERRORS 10u

/* By the names of fake_sys_on_call(), in the order of the alphabet; the last has none.
 * FAKE_SYS_SHORT is one byte where more were asked for. */
extern const struct faults {
	const char *call;
	int errors[FAULTS_ERRORS]; /* ends with 0 */
} faults[FAULTS_KINDS];

/* Its number in the table, where it has to be. */
unsigned faults_kind(const char *call);

#endif
