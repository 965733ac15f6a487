/* lineage_container.h - which container a process is in, by the names of its cgroups. */
#ifndef ECSAUDIT_LINEAGE_CONTAINER_H
#define ECSAUDIT_LINEAGE_CONTAINER_H

#include "lineage.h"

/* Its container by /proc/PID/cgroup, or none; 0, or -errno if the file cannot be read. */
int lineage_read_container(const struct lineage *l, struct lineage_process *p);

/* The same from the file's text: cgroups(7), version 1 and 2. */
void lineage_find_container(struct lineage_process *p, struct span cgroups);

#endif
