/*
 * error_text.h - what an errno means, in the C library's words.
 */
#ifndef ECSAUDIT_ERROR_TEXT_H
#define ECSAUDIT_ERROR_TEXT_H

/* `error` is an errno or -errno. As strerror(3). */
const char *error_text(int error);

#endif
