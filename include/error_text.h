/*
 * error_text.h - what an errno means, in the words that people know from other programs.
 *
 * Only of those that the system calls in sys.h can end with here: strerror(3) brings all 130.
 */
#ifndef ECSAUDIT_ERROR_TEXT_H
#define ECSAUDIT_ERROR_TEXT_H

/* `error` is an errno or -errno. A constant string; of one without a text "error 123", which the
 * next such call overwrites. */
const char *error_text(int error);

#endif
