#include "os_facts.h"

const char *const os_fact_names[OS_FACT_COUNT] = {
	[OS_PLATFORM] = "platform",
	[OS_FAMILY] = "family",
	[OS_NAME] = "name",
	[OS_VERSION] = "version",
	[OS_CODENAME] = "codename",
	[OS_KERNEL] = "kernel",
};
