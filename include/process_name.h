/* process_name.h - what a process is called, by its comm and its executable. */
#ifndef ECSAUDIT_PROCESS_NAME_H
#define ECSAUDIT_PROCESS_NAME_H

#include "span.h"

/* The kernel cuts a long comm: the executable's base name has all of it, if it begins with what is
 * left. It also stands for a comm that is missing. Empty: neither is known. The result is a part of
 * one of them. */
struct span process_name(struct span comm, struct span exe);

#endif
