/*
 * rules_json.h - a rule as a JSON object.
 *
 *   {"list":"exit","action":"always","syscalls":["open","openat"],
 *    "fields":[{"name":"arch","operator":"=","value":"b64"},
 *              {"name":"auid","operator":"!=","with":"obj_uid"}],
 *    "keys":["identity"],"rule":"-a always,exit ...","hex":"0400..."}
 *
 * "syscalls" is "all", or a list of names (a number as text where there is no name); absent in
 * filter lists without system calls. Keys are not among "fields". Bytes that are no UTF-8 become
 * U+FFFD; "hex" has the original.
 */
#ifndef ECSAUDIT_RULES_JSON_H
#define ECSAUDIT_RULES_JSON_H

#include "rules_print.h"

/* Large: keep it static. */
struct rules_json {
	_Alignas(8) char tree[LIMIT_RULE_TREE_BYTES];
	char texts[3 * LIMIT_RULE_TEXT_BYTES]; /* of the tree */
	char out[LIMIT_RULE_JSON_BYTES];
};

/* Into j->out, with a newline; "rule" as rules_print() has it. Returns the length. */
size_t rules_json(struct rules_json *j, const struct rules_data *rule, const char *machine,
	enum rules_form form);

#endif
