#include "lineage_tty.h"

#include "decode.h"

#define MINORS 256u /* of a major of pseudo terminals */

/* tty_name() of drivers/tty/tty_io.c: the driver's name and the terminal's index. The numbers are
 * those of Documentation/admin-guide/devices.txt. The longest name that fits comes first. */
static const struct {
	const char *name;
	uint16_t major;
	uint16_t first; /* the minor of the first one */
} drivers[] = {
	{"pts", 136, 0},
	{"ttyS", 4, 64},
	{"ttyAMA", 204, 64},
	{"ttyUSB", 188, 0},
	{"ttyACM", 166, 0},
	{"hvc", 229, 0},
	{"tty", 4, 0},
};

bool lineage_tty(struct span name, uint32_t *number)
{
	uint64_t index;

	if (name.len == 0 || span_is(name, "?"))
		return false;
	*number = LINEAGE_NO_TTY;
	if (span_is(name, "(none)"))
		return true;
	*number = LINEAGE_TTY_UNKNOWN;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		const struct span rest = {name.at + strlen(drivers[i].name),
			name.len - (uint32_t)strlen(drivers[i].name)};

		if (!span_starts(name, drivers[i].name) || !decode_uint(rest, &index) ||
			index > 0xfffff)
			continue;
		*number = (drivers[i].major +
				  (uint32_t)(drivers[i].major == 136 ? index / MINORS : 0))
				  << 20 |
			  (drivers[i].first +
				  (uint32_t)(drivers[i].major == 136 ? index % MINORS : index));
		break;
	}
	return true;
}
