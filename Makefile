# Skeleton; replaced by the house's own.
CC = musl-gcc
CFLAGS = -O2 -std=c11 -Wall -Wextra -iquote include
all:
	@for h in include/*.h; do $(CC) $(CFLAGS) -fsyntax-only -x c $$h || exit 1; done
