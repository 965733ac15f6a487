/*
 * rules_command.h - carries out control lines: -e, -f, -r, -b, -t, -q and the long options.
 */
#ifndef ECSAUDIT_RULES_COMMAND_H
#define ECSAUDIT_RULES_COMMAND_H

#include "netlink.h"
#include "rules.h"

/* `set` is one bit of c->set. 0 or -errno. Nothing is done for -D, -i, -c and -R: 0. */
int rules_command(struct netlink *control, const struct rules_control *c, unsigned set);

/* Make the login uid of processes unchangeable, until the next boot. 0 or -errno. */
int rules_fix_loginuid(struct netlink *control);

#endif
