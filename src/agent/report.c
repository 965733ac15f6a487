#include "report.h"

#include <time.h>
#include "decode.h"
#include "document_layout.h"
#include "document_user.h"
#include "json.h"
#include "sys.h"

static void add_known(struct arena *a, cJSON *object, const char *key, const char *text)
{
	if (*text)
		json_add_text(a, object, key, span_of(text));
}

static void add_event(struct document *d, const struct report *r, cJSON *root)
{
	cJSON *event = json_object(d->arena);

	json_add_members(d->arena, event,
		SPAN("\"kind\":\"event\",\"module\":\"auditd\","
		     "\"dataset\":\"auditd_manager.auditd\","
		     "\"category\":[\"configuration\"],\"type\":[\"change\"]"));
	json_add_text(d->arena, event, "action", r->action);
	json_add_text(d->arena, event, "outcome", r->failed ? SPAN("failure") : SPAN("success"));
	json_add(root, "event", event);
}

/* As documents of events have it: the id, and the name where the id has one. */
static void add_identity(struct document *d, const char *id, cJSON *object)
{
	struct span name = document_actor(d, NULL, span_of(id));

	add_known(d->arena, object, "id", id);
	if (*id && !span_is(name, id))
		json_add_text(d->arena, object, "name", name);
}

/* As in documents of events: layout integration has the login user below auditd.user. */
static void add_user(
	struct document *d, const struct report_actor *actor, cJSON *root, cJSON *auditd)
{
	cJSON *user = json_object(d->arena);
	cJSON *audit = json_object(d->arena);
	cJSON *other = json_object(d->arena);

	if (!user || !audit || !other)
		return;
	add_identity(d, actor->user_id, user);
	add_identity(d, actor->audit_id, audit);
	if (audit->child)
		json_add(d->config->layout == LAYOUT_INTEGRATION ? other : user, "audit", audit);
	if (user->child)
		json_add(root, "user", user);
	if (other->child)
		json_add(auditd, "user", other);
}

static void add_process(struct document *d, const struct report_actor *actor, cJSON *root)
{
	cJSON *process = json_object(d->arena);
	int64_t pid;

	if (!process)
		return;
	if (decode_int(span_of(actor->pid), &pid))
		json_add(process, "pid", json_number(d->arena, pid));
	add_known(d->arena, process, "name", actor->name);
	add_known(d->arena, process, "executable", actor->executable);
	if (process->child)
		json_add(root, "process", process);
}

static void add_facts(struct document *d, const struct report *r, cJSON *auditd)
{
	cJSON *data = json_object(d->arena);

	json_add_text(d->arena, auditd, "message_type", SPAN("ecsaudit"));
	for (unsigned i = 0; i < r->fact_count; i++)
		json_add_text(d->arena, data, r->facts[i].name, r->facts[i].value);
	if (r->fact_count > 0)
		json_add(auditd, "data", data);
}

cJSON *report_build(struct document *d, const struct report *r)
{
	cJSON *root = json_object(d->arena);
	cJSON *auditd = json_object(d->arena);
	struct span time =
		timestamp_format(&d->timestamp, r->time_ms / 1000, (uint32_t)(r->time_ms % 1000));

	json_add_text(d->arena, root, "@timestamp", time);
	json_add_text(d->arena, root, "message", r->message);
	add_event(d, r, root);
	if (r->actor && r->actor->serial != 0) {
		add_user(d, r->actor, root, auditd);
		add_process(d, r->actor, root);
	}
	add_facts(d, r, auditd);
	json_add(root, "auditd", auditd);
	document_add_tags(d, NULL, root);
	document_add_constants(d, root);
	return root;
}

/* "" for a field that is not there, and for an id that says nobody. */
static void keep(char *to, size_t size, const struct field *f)
{
	size_t n = f && !span_is(field_value(f), "unset") ? f->len : 0;

	if (n > size - 1)
		n = size - 1;
	if (n > 0)
		memcpy(to, f->value, n);
	to[n] = '\0';
}

void report_remember(struct report_actor *actor, const struct event *e, uint32_t own_pid)
{
	const struct field *process = event_value(e, KEY_PID);
	int64_t pid;

	if (e->time_ms < actor->since_ms)
		return;
	if (process && decode_int(field_value(process), &pid) && pid == own_pid)
		return;
	if (!process && actor->serial != 0 && *actor->pid)
		return;
	keep(actor->audit_id, sizeof(actor->audit_id), event_value(e, KEY_AUID));
	keep(actor->user_id, sizeof(actor->user_id), event_value(e, KEY_UID));
	keep(actor->pid, sizeof(actor->pid), process);
	keep(actor->name, sizeof(actor->name), event_value(e, KEY_COMM));
	keep(actor->executable, sizeof(actor->executable), event_value(e, KEY_EXE));
	/* Without both, the kernel itself did it. */
	actor->serial = *actor->pid || *actor->audit_id ? e->serial : 0;
}

int64_t report_now_ms(void)
{
	struct timespec ts;

	if (sys_clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return 0;
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
