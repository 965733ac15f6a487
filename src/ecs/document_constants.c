#include "document_constants.h"

#include "document_layout.h"
#include "json.h"

/* ---- the host of a log's event ----------------------------------------------------------- */

/* As the kernel named it. A program's message may hold any word. */
static struct span architecture_of(
	const struct event *e, const struct reassembly *r, const struct raw_record *it)
{
	const struct field *arch = event_data(e, KEY_ARCH);

	while (it && it->type != RECORD_SYSCALL && it->type != RECORD_SECCOMP)
		it = reassembly_record(r, it->next);
	if (!it || !arch || field_value(arch).len > LIMIT_ARCHITECTURE_BYTES ||
		span_starts(field_value(arch), "unknown"))
		return SPAN_NONE;
	return field_value(arch);
}

struct span document_host_name(
	const struct document *d, const struct reassembly *r, const struct raw_event *raw)
{
	return *d->config->hostname ? span_of(d->config->hostname)
				    : reassembly_host(reassembly_record(r, raw->first));
}

void document_add_log_host(struct document *d, const struct event *e, const struct reassembly *r,
	const struct raw_event *raw, cJSON *root)
{
	cJSON *host = json_object(d->arena);

	document_add_some(d, host, "name", document_host_name(d, r, raw));
	document_add_some(
		d, host, "architecture", architecture_of(e, r, reassembly_record(r, raw->first)));
	if (host && host->child)
		json_add(root, "host", host);
}

/* ---- constant members ------------------------------------------------------------------ */

static void add_constant(struct arena *a, cJSON *object, const char *key, const char *text)
{
	if (*text)
		json_add_text(a, object, key, span_of(text));
}

static cJSON *make_stream(const struct config *config, struct arena *arena)
{
	cJSON *stream = json_object(arena);

	add_constant(arena, stream, "type", "logs");
	add_constant(arena, stream, "dataset", "auditd_manager.auditd");
	add_constant(arena, stream, "namespace", config->namespace);
	return stream;
}

static void add_all(const struct config *config, const struct document_host *host,
	struct arena *arena, cJSON *root)
{
	cJSON *agent, *ecs, *service, *machine;

	agent = json_object(arena);
	add_constant(arena, agent, "id", host->agent_id);
	add_constant(arena, agent, "ephemeral_id", host->ephemeral_id);
	add_constant(arena, agent, "name", *config->agent.name ? config->agent.name : host->name);
	add_constant(arena, agent, "type", config->agent.type);
	add_constant(arena, agent, "version", ECSAUDIT_VERSION);
	json_add(root, "agent", agent);
	json_add(root, "data_stream", make_stream(config, arena));
	ecs = json_object(arena);
	add_constant(
		arena, ecs, "version", config->layout == LAYOUT_AUDITBEAT ? "8.2.0" : "8.11.0");
	json_add(root, "ecs", ecs);
	if (!host->of_log) {
		machine = json_object(arena);
		add_constant(arena, machine, "name", host->name);
		add_constant(arena, machine, "architecture", host->architecture);
		json_add(root, "host", machine);
	}
	service = json_object(arena);
	add_constant(arena, service, "type", "auditd");
	json_add(root, "service", service);
	json_add_members(arena, root, span_of(config->fields));
}

static void add_essential(const struct config *config, const struct document_host *host,
	struct arena *arena, cJSON *root)
{
	const size_t len = strlen(host->name), most = LIMIT_ESSENTIAL_HOST_BYTES;
	cJSON *machine = json_object(arena);
	char *text;
	size_t end;

	json_add(root, "data_stream", make_stream(config, arena));
	if (host->of_log)
		return;
	text = len > 0 ? arena_take(arena, 1 + json_escape_room(len, most)) : NULL;
	if (text) {
		end = json_escape(text + 1, host->name, len, most);
		end = end > most ? json_cut(text + 1, most) : end;
		text[0] = text[end + 1] = '"';
		json_add_raw(arena, machine, "name", (struct span){text, (uint32_t)end + 2});
	}
	json_add(root, "host", machine);
}

/* Without the braces. 0: they do not fit. */
static size_t render(const cJSON *root, char *text, size_t size)
{
	size_t len = json_write(root, text, size);

	if (len == 0)
		return 0;
	memmove(text, text + 1, len - 2);
	return len - 2;
}

bool document_init(struct document *d, const struct config *config, const struct identity *identity,
	const struct document_host *host, struct arena *arena)
{
	cJSON *all, *essential;

	memset(d, 0, sizeof(*d));
	d->config = config;
	d->identity = identity;
	d->arena = arena;
	d->of_log = host->of_log;

	arena_reset(arena);
	all = json_object(arena);
	essential = json_object(arena);
	add_all(config, host, arena, all);
	add_essential(config, host, arena, essential);
	d->members_len = render(all, d->members, sizeof(d->members));
	d->essential_len = render(essential, d->essential, sizeof(d->essential));
	return d->members_len > 0 && d->essential_len > 0 && !arena->exhausted;
}

void document_add_constants(struct document *d, cJSON *root)
{
	json_add_members(d->arena, root, (struct span){d->members, (uint32_t)d->members_len});
	d->core.constants = (struct span){d->essential, (uint32_t)d->essential_len};
}
