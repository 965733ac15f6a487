#include "small_file.h"

#include <errno.h>
#include <fcntl.h>
#include "sys.h"

ssize_t small_file_read(const char *path, char *buf, size_t size)
{
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	size_t len = 0;
	ssize_t got = 1;

	if (fd < 0)
		return fd;
	while (got != 0 && len < size) {
		got = sys_read(fd, buf + len, size - len);
		if (got < 0 && got != -EINTR)
			break;
		if (got > 0)
			len += (size_t)got;
	}
	sys_close(fd);
	return got < 0 ? got : (ssize_t)len;
}
