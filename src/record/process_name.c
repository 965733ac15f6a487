#include "process_name.h"

/* TASK_COMM_LEN of linux/sched.h, without its NUL: no comm is longer. */
#define COMM_BYTES 15u

/* The base name of an executable that may have been deleted since (d_path()); empty: no path. */
static struct span executable_name(struct span exe)
{
	const struct span deleted = SPAN(" (deleted)");

	if (!span_starts(exe, "/"))
		return SPAN_NONE;
	if (span_ends(exe, deleted.at))
		exe.len -= deleted.len;
	return span_base_name(exe);
}

struct span process_name(struct span comm, struct span exe)
{
	struct span name;

	if (comm.len > 0 && comm.len != COMM_BYTES)
		return comm;
	name = executable_name(exe);
	if (comm.len == 0 || (name.len > comm.len && memcmp(name.at, comm.at, comm.len) == 0))
		return name;
	return comm;
}
