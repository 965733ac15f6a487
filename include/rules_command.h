/*
 * rules_command.h - do what a control line says: -e, -f, -r, -b, -t, -q and the long ones.
 */
#ifndef ECSAUDIT_RULES_COMMAND_H
#define ECSAUDIT_RULES_COMMAND_H

#include "netlink.h"
#include "rules.h"

/* `set` is one of c->set. 0 or -errno; what commands nothing, as -D, -i, -c and -R, is 0. */
int rules_command(struct netlink *control, const struct rules_control *c, unsigned set);

/* Make the login uid of processes unchangeable, until the next boot. 0 or -errno. */
int rules_fix_loginuid(struct netlink *control);

#endif
