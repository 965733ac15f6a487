#include "error_text.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include "text.h"

/* The numbers differ between machines; errno(3) has the texts. */
#define ERRORS(X)                                                                                  \
	X(EPERM, "Operation not permitted")                                                        \
	X(ENOENT, "No such file or directory")                                                     \
	X(EINTR, "Interrupted system call")                                                        \
	X(EIO, "Input/output error")                                                               \
	X(ENXIO, "No such device or address")                                                      \
	X(EBADF, "Bad file descriptor")                                                            \
	X(EAGAIN, "Resource temporarily unavailable")                                              \
	X(ENOMEM, "Cannot allocate memory")                                                        \
	X(EACCES, "Permission denied")                                                             \
	X(EBUSY, "Device or resource busy")                                                        \
	X(EEXIST, "File exists")                                                                   \
	X(ENODEV, "No such device")                                                                \
	X(ENOTDIR, "Not a directory")                                                              \
	X(EISDIR, "Is a directory")                                                                \
	X(EINVAL, "Invalid argument")                                                              \
	X(ENFILE, "Too many open files in system")                                                 \
	X(EMFILE, "Too many open files")                                                           \
	X(ENOTTY, "Inappropriate ioctl for device")                                                \
	X(EFBIG, "File too large")                                                                 \
	X(ENOSPC, "No space left on device")                                                       \
	X(EROFS, "Read-only file system")                                                          \
	X(EPIPE, "Broken pipe")                                                                    \
	X(ENAMETOOLONG, "File name too long")                                                      \
	X(ENOLCK, "No locks available")                                                            \
	X(ENOSYS, "Function not implemented")                                                      \
	X(ELOOP, "Too many levels of symbolic links")                                              \
	X(ENODATA, "No data available")                                                            \
	X(EPROTO, "Protocol error")                                                                \
	X(EOVERFLOW, "Value too large for defined data type")                                      \
	X(EMSGSIZE, "Message too long")                                                            \
	X(EPROTOTYPE, "Protocol wrong type for socket")                                            \
	X(ENOPROTOOPT, "Protocol not available")                                                   \
	X(EPROTONOSUPPORT, "Protocol not supported")                                               \
	X(EOPNOTSUPP, "Operation not supported")                                                   \
	X(EAFNOSUPPORT, "Address family not supported by protocol")                                \
	X(EADDRINUSE, "Address already in use")                                                    \
	X(EADDRNOTAVAIL, "Cannot assign requested address")                                        \
	X(ENETDOWN, "Network is down")                                                             \
	X(ENETUNREACH, "Network is unreachable")                                                   \
	X(ECONNABORTED, "Software caused connection abort")                                        \
	X(ECONNRESET, "Connection reset by peer")                                                  \
	X(ENOBUFS, "No buffer space available")                                                    \
	X(ENOTCONN, "Transport endpoint is not connected")                                         \
	X(ETIMEDOUT, "Connection timed out")                                                       \
	X(ECONNREFUSED, "Connection refused")                                                      \
	X(EHOSTDOWN, "Host is down")                                                               \
	X(EHOSTUNREACH, "No route to host")                                                        \
	X(ESTALE, "Stale file handle")                                                             \
	X(EDQUOT, "Disk quota exceeded")

#define NUMBER(error, text) error,
#define TEXT(error, text)   text "\0"

static const uint16_t numbers[] = {ERRORS(NUMBER)};
static const char texts[] = ERRORS(TEXT);

const char *error_text(int error)
{
	const int number = error < 0 ? -error : error;
	const char *text = texts;
	static char other[24];

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] == number)
			return text;
		text += strlen(text) + 1;
	}
	text_format(other, sizeof(other), "error %d", number);
	return other;
}
