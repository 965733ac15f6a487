#include "spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include "error_text.h"
#include "sys.h"
#include "text.h"

#define UUID_BYTES 36

/* If it cannot be read (no /proc), no later process will continue the journal. */
static void read_boot_id(char boot_id[GAPS_BOOT_ID_BYTES])
{
	int fd = sys_open("/proc/sys/kernel/random/boot_id", O_RDONLY, 0);

	if (fd < 0)
		return;
	if (sys_read(fd, boot_id, UUID_BYTES) != UUID_BYTES)
		*boot_id = '\0';
	sys_close(fd);
}

/* Checks and maps the open file. NULL, or what is wrong with it. */
static const char *claim(struct spool_file *f, size_t bytes)
{
	const off_t front = SPOOL_FILE_JOURNAL_BYTES;
	struct stat st;
	void *memory = NULL;
	int error = sys_fstat(f->fd, &st);

	if (error < 0)
		return error_text(error);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_uid != sys_geteuid() || (st.st_mode & 077))
		return "others may use it";
	if (st.st_nlink > 1)
		return "it has a second name";
	error = sys_flock(f->fd, LOCK_EX | LOCK_NB);
	if (error == -EWOULDBLOCK)
		return "another process uses it";
	if (error < 0)
		return error_text(error);
	if (st.st_size - front > (off_t)bytes)
		bytes = st.st_size - front < (off_t)LIMIT_SPOOL_BYTES ? (size_t)(st.st_size - front)
								      : LIMIT_SPOOL_BYTES;
	f->bytes = bytes - bytes % SPOOL_BLOCK_BYTES;
	if (f->bytes == 0)
		return "spool_bytes is less than 512";
	error = sys_fallocate(f->fd, front + (off_t)f->bytes);
	if (error == 0)
		error = sys_mmap_shared(f->fd, (size_t)front + f->bytes, &memory);
	if (error < 0)
		return error_text(error);
	f->journal = memory;
	f->memory = (char *)memory + front;
	read_boot_id(f->boot_id);
	return NULL;
}

bool spool_file_open(struct spool_file *f, const char *path, size_t bytes, struct config_error *e)
{
	/* Non-blocking, as it may be a FIFO. */
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	const char *wrong;

	*f = (struct spool_file){.fd = sys_open(path, flags, 0600)};
	wrong = f->fd < 0 ? error_text(f->fd) : claim(f, bytes);
	if (!wrong)
		return true;
	text_format(e->text, sizeof(e->text),
		"spool_file: %.256s: %s; expected a file of mode 0600 that is ours alone, where "
		"room can be set aside: tmpfs, ext4",
		path, wrong);
	if (f->fd >= 0)
		sys_close(f->fd);
	f->fd = -1;
	return false;
}

void spool_file_close(struct spool_file *f)
{
	if (f->fd < 0)
		return;
	sys_fsync(f->fd);
	sys_close(f->fd);
	f->fd = -1;
}
