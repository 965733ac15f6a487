/*
 * os_facts.h - the members of host.os that are found on the machine, under the names of Elastic's
 * add_host_metadata. The option `fields` may replace them. (host.os.type is always "linux".)
 */
#ifndef ECSAUDIT_OS_FACTS_H
#define ECSAUDIT_OS_FACTS_H

enum os_fact {
	OS_PLATFORM,
	OS_FAMILY,
	OS_NAME,
	OS_VERSION,
	OS_CODENAME,
	OS_KERNEL,
	OS_FACT_COUNT
};

extern const char *const os_fact_names[OS_FACT_COUNT];

#endif
