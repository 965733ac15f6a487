/* lineage_image.h - what a process runs: executable, name, working directory, arguments. */
#ifndef ECSAUDIT_LINEAGE_IMAGE_H
#define ECSAUDIT_LINEAGE_IMAGE_H

#include "lineage.h"

struct lineage_image {
	struct span exe, comm, directory; /* empty: not known */
	const struct span *args;	  /* the first ones */
	uint32_t arg_count;		  /* of these */
	uint32_t all_count;		  /* how many there are */
};

/* What was known of another image goes. */
void lineage_set_image(struct lineage_process *p, const struct lineage_image *image);

/* The same as `from` has. */
void lineage_copy_image(struct lineage_process *p, const struct lineage_process *from);

/* 0 for an empty text. */
uint32_t lineage_hash(struct span text);

#endif
