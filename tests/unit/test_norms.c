/* link: tables.o table_names.o table_syscalls.o table_keys.o table_norms.o */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tables.h"
#include "tables_data.h"

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* ECS 8.11, "allowed values" of event.category: the types that each category may have. */
static const struct {
	enum ecs category;
	enum ecs types[8];
} allowed[] = {
	{ECS_AUTHENTICATION, {ECS_START, ECS_END, ECS_INFO}},
	{ECS_CONFIGURATION, {ECS_ACCESS, ECS_CHANGE, ECS_CREATION, ECS_DELETION, ECS_INFO}},
	{ECS_DRIVER, {ECS_CHANGE, ECS_END, ECS_INFO, ECS_START}},
	{ECS_FILE, {ECS_ACCESS, ECS_CHANGE, ECS_CREATION, ECS_DELETION, ECS_INFO}},
	{ECS_HOST, {ECS_ACCESS, ECS_CHANGE, ECS_END, ECS_INFO, ECS_START}},
	{ECS_IAM, {ECS_CHANGE, ECS_CREATION, ECS_DELETION, ECS_GROUP, ECS_INFO, ECS_USER}},
	{ECS_INTRUSION_DETECTION, {ECS_ALLOWED, ECS_DENIED, ECS_INFO}},
	{ECS_NETWORK, {ECS_ACCESS, ECS_ALLOWED, ECS_CONNECTION, ECS_DENIED, ECS_END, ECS_INFO,
			      ECS_START}},
	{ECS_PACKAGE, {ECS_ACCESS, ECS_CHANGE, ECS_DELETION, ECS_INFO, ECS_START}},
	{ECS_PROCESS, {ECS_ACCESS, ECS_CHANGE, ECS_END, ECS_INFO, ECS_START}},
	{ECS_SESSION, {ECS_START, ECS_END, ECS_INFO}},
};

static bool is_allowed(uint8_t category, uint8_t type)
{
	for (size_t i = 0; i < ELEMENTS(allowed); i++)
		for (size_t j = 0; j < ELEMENTS(allowed[i].types) && allowed[i].types[j]; j++)
			if (allowed[i].category == category && allowed[i].types[j] == type)
				return true;
	return false;
}

static bool is_category(uint8_t category)
{
	for (size_t i = 0; i < ELEMENTS(allowed); i++)
		if (allowed[i].category == category)
			return true;
	return false;
}

/* Lists that are not empty; each type allowed by one of the categories; nothing twice. */
static void assert_ecs(uint8_t category, uint8_t type, bool promiscuous)
{
	const uint8_t *categories = &ecs_lists[category], *types = &ecs_lists[type];

	assert_int_not_equal(categories[0], ECS_NONE);
	assert_int_not_equal(types[0], ECS_NONE);
	for (const uint8_t *c = categories; *c; c++) {
		assert_true(is_category(*c));
		for (const uint8_t *d = categories; d < c; d++)
			assert_int_not_equal(*c, *d);
	}
	for (const uint8_t *t = types; *t; t++) {
		bool fits = promiscuous && *t == ECS_CHANGE;

		for (const uint8_t *c = categories; *c; c++)
			fits = fits || is_allowed(*c, *t);
		assert_true(fits);
	}
}

static void assert_keys(uint8_t list)
{
	const uint16_t *keys = &key_lists[list];

	for (size_t i = 0; keys[i]; i++) {
		assert_in_range(keys[i], 1, KEY_COUNT - 1);
		assert_int_equal(key_find(key_name(keys[i]).at, key_name(keys[i]).len), keys[i]);
		assert_true(i < 16);
	}
}

static void assert_sound(const struct normalization *n)
{
	assert_keys(n->subject_primary);
	assert_keys(n->subject_secondary);
	assert_keys(n->object_primary);
	assert_keys(n->object_secondary);
	assert_keys(n->how);
	assert_keys(n->source_ip);
	for (const struct norm_need *need = &norm_needs[n->needs]; need->key; need++)
		assert_in_range(need->key, 1, KEY_COUNT - 1);
	assert_int_equal(n->category != 0, n->type != 0);
	for (const struct norm_mapping *m = &norm_mappings[n->mappings]; m->from; m++) {
		assert_in_range(m->from, REF_SUBJECT_PRIMARY, REF_UID);
		assert_in_range(m->to, 0, ENTITY_COUNT - 1);
		assert_int_equal(m->key != KEY_OTHER, m->from == REF_DATA || m->from == REF_UID);
		if (m->from == REF_DATA)
			assert_keys((uint8_t)m->key);
		if (m->from == REF_UID)
			assert_true(key_info[m->key].flags & (KEY_IS_UID | KEY_IS_GID));
	}
}

static const struct normalization *of_call(const char *name)
{
	uint16_t id = syscall_id_of_name(name, strlen(name));

	assert_int_not_equal(id, SYSCALL_ID_NONE);
	return norm_of_syscall(id);
}

static const struct normalization *of_record(uint16_t type)
{
	unsigned count;
	const uint8_t *norms = norm_of_record(type, &count);

	assert_int_equal(count, 1);
	return &normalizations[norms[0]];
}

static void assert_list(uint8_t list, unsigned count, const uint16_t *expected)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(key_lists[list + i], expected[i]);
	assert_int_equal(key_lists[list + count], 0);
}

static enum ecs ecs_of(uint8_t list)
{
	return (enum ecs)ecs_lists[list];
}

#define assert_keys_are(list, ...)                                                                 \
	assert_list(list, ELEMENTS(((uint16_t[]){__VA_ARGS__})), (uint16_t[]){__VA_ARGS__})

static void every_meaning_is_sound(void **state)
{
	unsigned calls = 0, records = 0;

	(void)state;
	for (unsigned id = 0; id <= UINT16_MAX; id++) {
		const struct normalization *n = norm_of_syscall((uint16_t)id);

		calls += n != norm_of_syscall(SYSCALL_ID_NONE);
		assert_sound(n);
		assert_ecs(n->category, n->type, false);
	}
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		unsigned count;
		const uint8_t *norms = norm_of_record((uint16_t)type, &count);

		records += count;
		for (unsigned i = 0; i < count; i++) {
			const struct normalization *n = &normalizations[norms[i]];

			assert_sound(n);
			assert_true(i == 0 || n->needs != 0); /* the last that fits wins */
			if (n->category)
				assert_ecs(n->category, n->type, type == RECORD_ANOM_PROMISCUOUS);
		}
	}
	assert_true(calls > 90);
	assert_true(records > 100);
}

static void every_type_has_a_category(void **state)
{
	(void)state;
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		struct norm_fallback f = norm_fallback((uint16_t)type);

		assert_ecs(f.category, f.type, type == RECORD_ANOM_PROMISCUOUS);
		if (record_type_name((uint16_t)type).len == 0 && (type < 1420 || type > 1426)) {
			assert_int_equal(ecs_of(f.category), ECS_HOST);
			assert_int_equal(ecs_of(f.type), ECS_INFO);
		}
	}
	assert_int_equal(ecs_of(norm_fallback(RECORD_BPF).category), ECS_DRIVER);
	assert_int_equal(
		ecs_of(norm_fallback(RECORD_APPARMOR_DENIED).category), ECS_INTRUSION_DETECTION);
	assert_int_equal(ecs_of(norm_fallback(RECORD_APPARMOR_DENIED).type), ECS_DENIED);
	assert_int_equal(ecs_of(norm_fallback(RECORD_EXECVE).type), ECS_START);
}

/* include/uapi/linux/audit.h of Linux 6.18 and lib/audit-records.h of audit-userspace 4.1, without
 * requests, bounds of ranges, and what no kernel or program has sent for many years. */
static const struct {
	uint16_t type;
	const char *name;
} known_types[] = {
	/* clang-format off */
	{1100, "USER_AUTH"}, {1101, "USER_ACCT"}, {1102, "USER_MGMT"}, {1103, "CRED_ACQ"},
	{1104, "CRED_DISP"}, {1105, "USER_START"}, {1106, "USER_END"}, {1107, "USER_AVC"},
	{1108, "USER_CHAUTHTOK"}, {1109, "USER_ERR"}, {1110, "CRED_REFR"}, {1111, "USYS_CONFIG"},
	{1112, "USER_LOGIN"}, {1113, "USER_LOGOUT"}, {1114, "ADD_USER"}, {1115, "DEL_USER"},
	{1116, "ADD_GROUP"}, {1117, "DEL_GROUP"}, {1118, "DAC_CHECK"}, {1119, "CHGRP_ID"},
	{1120, "TEST"}, {1121, "TRUSTED_APP"}, {1122, "USER_SELINUX_ERR"}, {1123, "USER_CMD"},
	{1124, "USER_TTY"}, {1125, "CHUSER_ID"}, {1126, "GRP_AUTH"}, {1127, "SYSTEM_BOOT"},
	{1128, "SYSTEM_SHUTDOWN"}, {1129, "SYSTEM_RUNLEVEL"}, {1130, "SERVICE_START"},
	{1131, "SERVICE_STOP"}, {1132, "GRP_MGMT"}, {1133, "GRP_CHAUTHTOK"}, {1134, "MAC_CHECK"},
	{1135, "ACCT_LOCK"}, {1136, "ACCT_UNLOCK"}, {1137, "USER_DEVICE"},
	{1138, "SOFTWARE_UPDATE"}, {1200, "DAEMON_START"}, {1201, "DAEMON_END"},
	{1202, "DAEMON_ABORT"}, {1203, "DAEMON_CONFIG"}, {1204, "DAEMON_RECONFIG"},
	{1205, "DAEMON_ROTATE"}, {1206, "DAEMON_RESUME"}, {1207, "DAEMON_ACCEPT"},
	{1208, "DAEMON_CLOSE"}, {1209, "DAEMON_ERR"}, {1300, "SYSCALL"}, {1302, "PATH"},
	{1303, "IPC"}, {1304, "SOCKETCALL"}, {1305, "CONFIG_CHANGE"}, {1306, "SOCKADDR"},
	{1307, "CWD"}, {1309, "EXECVE"}, {1311, "IPC_SET_PERM"}, {1312, "MQ_OPEN"},
	{1313, "MQ_SENDRECV"}, {1314, "MQ_NOTIFY"}, {1315, "MQ_GETSETATTR"},
	{1316, "KERNEL_OTHER"}, {1317, "FD_PAIR"}, {1318, "OBJ_PID"}, {1319, "TTY"}, {1320, "EOE"},
	{1321, "BPRM_FCAPS"}, {1322, "CAPSET"}, {1323, "MMAP"}, {1324, "NETFILTER_PKT"},
	{1325, "NETFILTER_CFG"}, {1326, "SECCOMP"}, {1327, "PROCTITLE"}, {1328, "FEATURE_CHANGE"},
	{1329, "REPLACE"}, {1330, "KERN_MODULE"}, {1331, "FANOTIFY"}, {1332, "TIME_INJOFFSET"},
	{1333, "TIME_ADJNTPVAL"}, {1334, "BPF"}, {1335, "EVENT_LISTENER"}, {1336, "URINGOP"},
	{1337, "OPENAT2"}, {1338, "DM_CTRL"}, {1339, "DM_EVENT"}, {1400, "AVC"},
	{1401, "SELINUX_ERR"}, {1402, "AVC_PATH"}, {1403, "MAC_POLICY_LOAD"}, {1404, "MAC_STATUS"},
	{1405, "MAC_CONFIG_CHANGE"}, {1406, "MAC_UNLBL_ALLOW"}, {1407, "MAC_CIPSOV4_ADD"},
	{1408, "MAC_CIPSOV4_DEL"}, {1409, "MAC_MAP_ADD"}, {1410, "MAC_MAP_DEL"},
	{1411, "MAC_IPSEC_ADDSA"}, {1412, "MAC_IPSEC_DELSA"}, {1413, "MAC_IPSEC_ADDSPD"},
	{1414, "MAC_IPSEC_DELSPD"}, {1415, "MAC_IPSEC_EVENT"}, {1416, "MAC_UNLBL_STCADD"},
	{1417, "MAC_UNLBL_STCDEL"}, {1418, "MAC_CALIPSO_ADD"}, {1419, "MAC_CALIPSO_DEL"},
	{1420, "IPE_ACCESS"}, {1421, "IPE_CONFIG_CHANGE"}, {1422, "IPE_POLICY_LOAD"},
	{1423, "LANDLOCK_ACCESS"}, {1424, "LANDLOCK_DOMAIN"},
	{1425, "MAC_TASK_CONTEXTS"}, {1426, "MAC_OBJ_CONTEXTS"}, {1501, "APPARMOR_AUDIT"},
	{1502, "APPARMOR_ALLOWED"}, {1503, "APPARMOR_DENIED"}, {1504, "APPARMOR_HINT"},
	{1505, "APPARMOR_STATUS"}, {1506, "APPARMOR_ERROR"}, {1507, "APPARMOR_KILL"},
	{1700, "ANOM_PROMISCUOUS"}, {1701, "ANOM_ABEND"}, {1702, "ANOM_LINK"},
	{1703, "ANOM_CREAT"}, {1800, "INTEGRITY_DATA"}, {1801, "INTEGRITY_METADATA"},
	{1802, "INTEGRITY_STATUS"}, {1803, "INTEGRITY_HASH"}, {1804, "INTEGRITY_PCR"},
	{1805, "INTEGRITY_RULE"}, {1806, "INTEGRITY_EVM_XATTR"}, {1807, "INTEGRITY_POLICY_RULE"},
	{2000, "KERNEL"}, {2100, "ANOM_LOGIN_FAILURES"}, {2101, "ANOM_LOGIN_TIME"},
	{2102, "ANOM_LOGIN_SESSIONS"}, {2103, "ANOM_LOGIN_ACCT"}, {2104, "ANOM_LOGIN_LOCATION"},
	{2105, "ANOM_MAX_DAC"}, {2106, "ANOM_MAX_MAC"}, {2107, "ANOM_AMTU_FAIL"},
	{2108, "ANOM_RBAC_FAIL"}, {2109, "ANOM_RBAC_INTEGRITY_FAIL"}, {2110, "ANOM_CRYPTO_FAIL"},
	{2111, "ANOM_ACCESS_FS"}, {2112, "ANOM_EXEC"}, {2113, "ANOM_MK_EXEC"},
	{2114, "ANOM_ADD_ACCT"}, {2115, "ANOM_DEL_ACCT"}, {2116, "ANOM_MOD_ACCT"},
	{2117, "ANOM_ROOT_TRANS"}, {2118, "ANOM_LOGIN_SERVICE"}, {2119, "ANOM_LOGIN_ROOT"},
	{2120, "ANOM_ORIGIN_FAILURES"}, {2121, "ANOM_SESSION"}, {2200, "RESP_ANOMALY"},
	{2201, "RESP_ALERT"}, {2202, "RESP_KILL_PROC"}, {2203, "RESP_TERM_ACCESS"},
	{2204, "RESP_ACCT_REMOTE"}, {2205, "RESP_ACCT_LOCK_TIMED"},
	{2206, "RESP_ACCT_UNLOCK_TIMED"}, {2207, "RESP_ACCT_LOCK"}, {2208, "RESP_TERM_LOCK"},
	{2209, "RESP_SEBOOL"}, {2210, "RESP_EXEC"}, {2211, "RESP_SINGLE"}, {2212, "RESP_HALT"},
	{2213, "RESP_ORIGIN_BLOCK"}, {2214, "RESP_ORIGIN_BLOCK_TIMED"},
	{2215, "RESP_ORIGIN_UNBLOCK_TIMED"}, {2300, "USER_ROLE_CHANGE"}, {2301, "ROLE_ASSIGN"},
	{2302, "ROLE_REMOVE"}, {2303, "LABEL_OVERRIDE"}, {2304, "LABEL_LEVEL_CHANGE"},
	{2305, "USER_LABELED_EXPORT"}, {2306, "USER_UNLABELED_EXPORT"}, {2307, "DEV_ALLOC"},
	{2308, "DEV_DEALLOC"}, {2309, "FS_RELABEL"}, {2310, "USER_MAC_POLICY_LOAD"},
	{2311, "ROLE_MODIFY"}, {2312, "USER_MAC_CONFIG_CHANGE"}, {2313, "USER_MAC_STATUS"},
	{2400, "CRYPTO_TEST_USER"}, {2401, "CRYPTO_PARAM_CHANGE_USER"}, {2402, "CRYPTO_LOGIN"},
	{2403, "CRYPTO_LOGOUT"}, {2404, "CRYPTO_KEY_USER"}, {2405, "CRYPTO_FAILURE_USER"},
	{2406, "CRYPTO_REPLAY_USER"}, {2407, "CRYPTO_SESSION"}, {2408, "CRYPTO_IKE_SA"},
	{2409, "CRYPTO_IPSEC_SA"}, {2500, "VIRT_CONTROL"}, {2501, "VIRT_RESOURCE"},
	{2502, "VIRT_MACHINE_ID"}, {2503, "VIRT_INTEGRITY_CHECK"}, {2504, "VIRT_CREATE"},
	{2505, "VIRT_DESTROY"}, {2506, "VIRT_MIGRATE_IN"}, {2507, "VIRT_MIGRATE_OUT"},
	/* clang-format on */
};

/* Its name, and in each meaning a category and a type that ECS allows with it. */
static void every_known_type_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTS(known_types); i++) {
		uint16_t type = known_types[i].type;
		const char *name = known_types[i].name;
		bool promiscuous = type == RECORD_ANOM_PROMISCUOUS;
		struct norm_fallback f = norm_fallback(type);
		unsigned count;
		const uint8_t *norms = norm_of_record(type, &count);

		assert_int_equal(record_type_number(name, strlen(name)), type);
		if (type >= 1420 && type <= 1426 && type != RECORD_LANDLOCK_ACCESS &&
			type != RECORD_LANDLOCK_DOMAIN) /* see record_type_name() */
			assert_null(record_type_name(type).at);
		else
			assert_true(span_is(record_type_name(type), name));
		assert_ecs(f.category, f.type, promiscuous);
		for (unsigned j = 0; j < count; j++) {
			const struct normalization *n = &normalizations[norms[j]];

			if (n->category)
				assert_ecs(n->category, n->type, promiscuous);
		}
	}
	assert_int_equal(ecs_of(norm_fallback(1420).category), ECS_INTRUSION_DETECTION);
	assert_int_equal(ecs_of(norm_fallback(1422).category), ECS_CONFIGURATION);
}

/* A type of the ranges that the program takes is put under host and info on purpose only. */
static void no_type_is_forgotten(void **state)
{
	static const uint16_t plain[] = {RECORD_EOE, RECORD_INTEGRITY_STATUS, RECORD_INTEGRITY_PCR,
		RECORD_APPARMOR_ERROR, RECORD_CRYPTO_TEST_USER, RECORD_CRYPTO_FAILURE_USER};

	(void)state;
	for (unsigned type = 1100; type < 3000; type++) {
		struct span name = record_type_name((uint16_t)type);
		struct norm_fallback f = norm_fallback((uint16_t)type);
		bool meant = span_starts(name, "LAST_") || span_starts(name, "FIRST_") ||
			     span_ends(name, "_LAST_MSG") || span_starts(name, "VIRT_");

		for (size_t i = 0; i < ELEMENTS(plain); i++)
			meant = meant || plain[i] == type;
		if (name.len && !meant)
			assert_false(ecs_of(f.category) == ECS_HOST &&
				     ecs_of(f.category + 1) == ECS_NONE &&
				     ecs_of(f.type) == ECS_INFO);
	}
}

static void unknown_calls_are_a_process_doing_something(void **state)
{
	const struct normalization *other = norm_of_syscall(SYSCALL_ID_NONE);

	(void)state;
	assert_ptr_equal(norm_of_syscall(UINT16_MAX), other);
	assert_ptr_equal(norm_of_syscall((uint16_t)(syscall_names.count + 1)), other);
	assert_ptr_equal(of_call("getpid"), other);
	assert_int_equal(norm_word(other->action).len, 0);
	assert_int_equal(ecs_of(other->category), ECS_PROCESS);
	assert_int_equal(ecs_of(other->type), ECS_INFO);
}

static void meanings_of_calls(void **state)
{
	(void)state;
	assert_true(span_is(norm_word(of_call("openat")->action), "opened-file"));
	assert_true(span_is(norm_word(of_call("openat")->object_what), "file"));
	assert_int_equal(ecs_of(of_call("creat")->type), ECS_CREATION);
	assert_int_equal(of_call("mkdir")->path_index, 1);
	assert_int_equal(of_call("mount")->path_index, 1);
	assert_int_equal(of_call("renameat2")->path_index, 2);
	assert_int_equal(of_call("unlink")->path_index, 0);
	assert_true(span_is(norm_word(of_call("mount")->object_what), "filesystem"));
	assert_true(span_is(norm_word(of_call("connect")->object_what), "socket"));
	assert_int_equal(ecs_of(of_call("connect")->type + 1), ECS_START);
	assert_keys_are(of_call("setuid")->how, KEY_SYSCALL);
	/* One meaning for a call and its record: the same object, so that it is not joined twice.
	 */
	assert_ptr_equal(of_call("init_module"), of_record(RECORD_KERN_MODULE));
	assert_ptr_equal(of_call("adjtimex"), of_record(RECORD_TIME_ADJNTPVAL));
}

static void meanings_of_records(void **state)
{
	const struct normalization *n = of_record(RECORD_LOGIN);
	const struct norm_mapping *m = &norm_mappings[n->mappings];

	(void)state;
	assert_true(span_is(norm_word(n->action), "changed-login-id-to"));
	assert_keys_are(n->subject_primary, KEY_OLD_AUID, KEY_OLD_DASH_AUID);
	assert_keys_are(n->object_primary, KEY_NEW_DASH_AUID, KEY_NEW_AUID, KEY_AUID);
	assert_int_equal(m[1].from, REF_OBJECT_PRIMARY);
	assert_int_equal(m[1].to, ENTITY_USER_EFFECTIVE);
	assert_int_equal(m[2].from, REF_NONE);

	n = of_record(RECORD_USER_LOGIN); /* two mixins, a line of its own */
	assert_keys_are(n->subject_secondary, KEY_ACCT, KEY_ID, KEY_MSG_UID, KEY_UID);
	assert_keys_are(n->object_secondary, KEY_ADDR, KEY_HOSTNAME);
	assert_keys_are(n->how, KEY_EXE, KEY_TERMINAL);
	assert_keys_are(n->source_ip, KEY_ADDR);
	assert_int_equal(ecs_of(n->category), ECS_AUTHENTICATION);
	assert_int_equal(ecs_of(n->type), ECS_START);
	assert_int_equal(of_record(RECORD_USER_LOGOUT)->source_ip, 0);

	n = of_record(RECORD_USER_CHAUTHTOK); /* the order of mappings counts */
	m = &norm_mappings[n->mappings];
	assert_int_equal(m[1].from, REF_UID);
	assert_int_equal(m[1].key, KEY_UID);
	assert_int_equal(m[2].to, ENTITY_USER_TARGET);
	assert_int_equal(m[3].from, REF_NONE);
	m = &norm_mappings[of_record(RECORD_GRP_CHAUTHTOK)->mappings];
	assert_int_equal(m[2].to, ENTITY_GROUP);
	assert_int_equal(of_record(RECORD_SECCOMP)->category, 0);
}

/* "resp=2 ..." of a list of needs */
static void assert_needs(uint8_t list, const char *expected)
{
	char text[256] = "";

	for (const struct norm_need *need = &norm_needs[list]; need->key; need++) {
		struct span value = norm_word(need->value);

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s%.*s",
			*text ? " " : "", key_name((enum key)need->key).at, value.len ? "=" : "",
			(int)value.len, value.len ? value.at : "");
	}
	assert_string_equal(text, expected);
}

static void several_meanings_of_a_record(void **state)
{
	unsigned count;
	const uint8_t *norms = norm_of_record(RECORD_AVC, &count);
	const struct normalization *selinux = &normalizations[norms[0]];
	const struct normalization *apparmor = &normalizations[norms[1]];
	const struct normalization *removed = &normalizations[norms[5]];

	(void)state;
	assert_int_equal(count, 6); /* the last that fits wins */
	assert_needs(selinux->needs, "seresult");
	assert_needs(apparmor->needs, "apparmor");
	assert_needs(removed->needs, "apparmor=STATUS operation=profile_remove");
	assert_keys_are(
		apparmor->object_secondary, KEY_REQUESTED_MASK, KEY_DENIED_MASK, KEY_CAPNAME);
	assert_int_equal(selinux->category, 0);
	assert_false(selinux->ignores_call);
	assert_true(removed->ignores_call);
	assert_int_equal(ecs_of(removed->category), ECS_CONFIGURATION);
	/* what fits none of several has the fallback, not the ecs line of one */
	assert_int_equal(ecs_of(norm_fallback(RECORD_AVC).category), ECS_INTRUSION_DETECTION);
	assert_int_equal(ecs_of(norm_fallback(RECORD_FANOTIFY).type + 1), ECS_INFO);
}

static const struct call_facts *facts_of(const char *name)
{
	return call_facts_of_syscall(syscall_id_of_name(name, strlen(name)));
}

static void facts_of_calls(void **state)
{
	static const char *const first[] = {"openat", "openat2", "mkdirat", "mknodat", "fchownat",
		"futimesat", "newfstatat", "fstatat64", "unlinkat", "readlinkat", "fchmodat",
		"fchmodat2", "faccessat", "faccessat2", "utimensat", "utimensat_time64", "execveat",
		"name_to_handle_at", "statx", "setxattrat", "removexattrat", "open_tree", "fspick"};
	static const char *const both[] = {"renameat", "renameat2", "linkat", "move_mount"};
	static const char *const none[] = {"open", "creat", "rename", "link", "symlink", "mkdir",
		"execve", "chmod", "truncate", "mount", "getpid"};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(first); i++)
		assert_int_equal(facts_of(first[i])->directory[0], 1);
	for (size_t i = 0; i < ELEMENTS(both); i++) {
		assert_int_equal(facts_of(both[i])->directory[0], 1);
		assert_int_equal(facts_of(both[i])->directory[1], 3);
	}
	for (size_t i = 0; i < ELEMENTS(none); i++)
		assert_int_equal(facts_of(none[i])->directory[0], 0);
	assert_int_equal(facts_of("symlinkat")->directory[1], 2);
	assert_int_equal(facts_of("io_uring_enter")->directory[0], CALL_NOT_SAID);
	assert_int_equal(call_facts_of_syscall(SYSCALL_ID_NONE)->directory[0], CALL_NOT_SAID);
	assert_int_equal(call_facts_of_syscall(UINT16_MAX)->directory[1], CALL_NOT_SAID);
	assert_int_equal(facts_of("open")->open_flags, 2);
	assert_int_equal(facts_of("openat")->open_flags, 3);
	assert_int_equal(facts_of("creat")->flags, CALL_CREATES);
	assert_int_equal(facts_of("renameat2")->flags, CALL_RENAMES);
	assert_int_equal(facts_of("accept4")->flags, CALL_RECEIVES);
	assert_int_equal(facts_of("sendmsg")->flags, CALL_SENDS);
	assert_int_equal(facts_of("getpeername")->flags, 0);
}

/* No call that has a directory among its arguments is without a line. */
static void no_call_at_a_directory_is_forgotten(void **state)
{
	(void)state;
	for (uint16_t id = 1; id <= syscall_names.count; id++) {
		struct span name = syscall_name(id);

		if (span_ends(name, "at") && !span_ends(name, "stat") && !span_is(name, "creat") &&
			!span_is(name, "shmat") && !span_is(name, "open_by_handle_at"))
			assert_int_not_equal(call_facts_of_syscall(id)->directory[0], 0);
	}
}

static void twins_mean_the_same(void **state)
{
	static const char *const twins[][2] = {{"chown32", "chown"}, {"lchown32", "lchown"},
		{"fchown32", "fchown"}, {"setuid32", "setuid"}, {"setgid32", "setgid"},
		{"setresuid32", "setresuid"}, {"setregid32", "setregid"},
		{"setfsuid32", "setfsuid"}, {"truncate64", "truncate"},
		{"ftruncate64", "ftruncate"}, {"clock_settime64", "clock_settime"},
		{"clock_adjtime64", "clock_adjtime"}, {"setgroups32", "setgroups"}};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(twins); i++) {
		assert_ptr_equal(of_call(twins[i][0]), of_call(twins[i][1]));
		assert_ptr_equal(facts_of(twins[i][0]), facts_of(twins[i][1]));
	}
}

static void calls_in_a_call(void **state)
{
	static const char *const inner[] = {"socket", "bind", "connect", "listen", "accept",
		"getsockname", "getpeername", "socketpair", "send", "recv", "sendto", "recvfrom",
		"shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg",
		"sendmmsg"}; /* linux/net.h, from 1 */
	uint16_t id = syscall_id_of_name("socketcall", 10);

	(void)state;
	assert_true(syscall_is_multiplexer(id));
	assert_false(syscall_is_multiplexer(SYSCALL_ID_NONE));
	assert_false(syscall_is_multiplexer(syscall_id_of_name("connect", 7)));
	for (uint32_t i = 0; i < ELEMENTS(inner); i++)
		assert_true(span_is(syscall_name(syscall_inner_id(id, i + 1)), inner[i]));
	assert_int_equal(syscall_inner_id(id, 0), id);
	assert_int_equal(syscall_inner_id(id, 21), id);
	assert_int_equal(syscall_inner_id(id, UINT32_MAX), id);
}

static void types_without_a_meaning(void **state)
{
	static const uint16_t types[] = {0, 1099, RECORD_SYSCALL, RECORD_PATH, RECORD_BPF, 1420,
		RECORD_ANOM_LOGIN_ACCT, RECORD_ANOM_MK_EXEC, RECORD_LAST_USER_MSG2, 3000,
		UINT16_MAX};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(types); i++) {
		unsigned count = 7;

		norm_of_record(types[i], &count);
		assert_int_equal(count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_meaning_is_sound),
		cmocka_unit_test(every_type_has_a_category),
		cmocka_unit_test(every_known_type_is_complete),
		cmocka_unit_test(no_type_is_forgotten),
		cmocka_unit_test(unknown_calls_are_a_process_doing_something),
		cmocka_unit_test(meanings_of_calls),
		cmocka_unit_test(meanings_of_records),
		cmocka_unit_test(several_meanings_of_a_record),
		cmocka_unit_test(facts_of_calls),
		cmocka_unit_test(no_call_at_a_directory_is_forgotten),
		cmocka_unit_test(twins_mean_the_same),
		cmocka_unit_test(calls_in_a_call),
		cmocka_unit_test(types_without_a_meaning),
	};

	return cmocka_run_group_tests_name("norms", tests, NULL, NULL);
}
