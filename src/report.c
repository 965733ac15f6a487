#include "report.h"

#include "decode.h"
#include "document_user.h"
#include "json.h"

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

static void add_user(struct document *d, const struct report_actor *actor, cJSON *root)
{
	struct arena *a = d->arena;
	cJSON *user = json_object(a);
	cJSON *audit = json_object(a);
	struct span name = document_actor(d, span_of(actor->user_id));

	if (!user || !audit)
		return;
	add_known(a, user, "id", actor->user_id);
	if (*actor->user_id && !span_is(name, actor->user_id))
		json_add_text(a, user, "name", name);
	add_known(a, audit, "id", actor->audit_id);
	if (audit->child)
		json_add(user, "audit", audit);
	if (user->child)
		json_add(root, "user", user);
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

static void add_auditd(struct document *d, const struct report *r, cJSON *root)
{
	cJSON *auditd = json_object(d->arena);
	cJSON *data = json_object(d->arena);

	json_add_text(d->arena, auditd, "message_type", SPAN("ecsaudit"));
	for (unsigned i = 0; i < r->fact_count; i++)
		json_add_text(d->arena, data, r->facts[i].name, r->facts[i].value);
	json_add(auditd, "data", data);
	json_add(root, "auditd", auditd);
}

cJSON *report_build(struct document *d, const struct report *r)
{
	cJSON *root = json_object(d->arena);
	struct span time =
		timestamp_format(&d->timestamp, r->time_ms / 1000, (uint32_t)(r->time_ms % 1000));

	json_add_text(d->arena, root, "@timestamp", time);
	json_add_text(d->arena, root, "message", r->message);
	add_event(d, r, root);
	if (r->actor && r->actor->serial != 0) {
		add_user(d, r->actor, root);
		add_process(d, r->actor, root);
	}
	add_auditd(d, r, root);
	json_add_members(d->arena, root, (struct span){d->members, (uint32_t)d->members_len});
	return root;
}

static void keep(char *to, size_t size, const struct field *f)
{
	size_t n = f ? f->len : 0;

	if (n > size - 1)
		n = size - 1;
	if (n > 0)
		memcpy(to, f->value, n);
	to[n] = '\0';
}

void report_remember(struct report_actor *actor, const struct event *e)
{
	keep(actor->audit_id, sizeof(actor->audit_id), event_value(e, KEY_AUID));
	keep(actor->user_id, sizeof(actor->user_id), event_value(e, KEY_UID));
	keep(actor->pid, sizeof(actor->pid), event_value(e, KEY_PID));
	keep(actor->name, sizeof(actor->name), event_value(e, KEY_COMM));
	keep(actor->executable, sizeof(actor->executable), event_value(e, KEY_EXE));
	actor->serial = e->serial;
}
