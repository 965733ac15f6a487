/*
 * support_config.h - what the tests of the configuration share: one configuration, one file.
 */
#ifndef ECSAUDIT_SUPPORT_CONFIG_H
#define ECSAUDIT_SUPPORT_CONFIG_H

#include "config.h"

#define FILE_NAME "/etc/x.json"

extern struct config config;
extern struct config_error error;

int config_setup(void **state); /* the defaults */
int config_teardown(void **state);

/* Over the defaults, the file is accepted. */
void config_good(const char *text);
/* It is refused with this message behind its name and a colon. */
void config_bad(const char *text, const char *message);
/* NAME=VALUE is accepted. */
void config_set(const char *assignment);
/* It is refused with this message. */
void config_bad_set(const char *assignment, const char *message);

#endif
