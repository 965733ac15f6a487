#include "document_constants.h"

#include "document_layout.h"
#include "json.h"

/* Our fields are of this version of ECS, and so are the integration's. */
#define ECS_VERSION "8.11.0"

/* A part of the option `fields`. */
static struct span fields_part(const struct config *c, struct config_part part)
{
	return (struct span){c->fields + part.at, part.len};
}

/* Every audit record comes from Linux. */
static cJSON *make_os(const struct config *config, struct arena *arena)
{
	cJSON *os = json_object(arena);

	json_add_text(arena, os, "type", SPAN("linux"));
	json_add_members(arena, os, fields_part(config, config->fields_os));
	return os;
}

/* A text as it is written. One that takes more than `most` bytes is cut, or left out. */
static void add_rendered(struct arena *arena, cJSON *object, const char *key, const char *value,
	size_t most, bool may_be_cut)
{
	const size_t len = value ? strlen(value) : 0;
	char *text = len > 0 ? arena_take(arena, 1 + json_escape_room(len, most)) : NULL;
	size_t end;

	if (!text)
		return;
	end = json_escape(text + 1, value, len, most);
	if (end > most && !may_be_cut)
		return;
	end = end > most ? json_cut(text + 1, most) : end;
	text[0] = text[end + 1] = '"';
	json_add_raw(arena, object, key, (struct span){text, (uint32_t)end + 2});
}

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
	if (d->log_host_id.len > 0)
		json_add_raw(d->arena, host, "id", d->log_host_id);
	if (d->config->fields_os.len > 0)
		json_add(host, "os", make_os(d->config, d->arena));
	else
		json_add_raw(d->arena, host, "os", SPAN("{\"type\":\"linux\"}"));
	json_add_members(d->arena, host, fields_part(d->config, d->config->fields_host));
	json_add(root, "host", host);
}

/* ---- constant members ------------------------------------------------------------------ */

static void add_constant(struct arena *a, cJSON *object, const char *key, const char *text)
{
	if (text && *text)
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

static cJSON *make_host(
	const struct config *config, const struct document_host *host, struct arena *arena)
{
	cJSON *machine = json_object(arena), *os = make_os(config, arena);

	add_constant(arena, machine, "name", host->name);
	add_constant(arena, machine, "hostname", host->hostname);
	add_constant(arena, machine, "id", host->id);
	add_constant(arena, machine, "architecture", host->architecture);
	for (unsigned i = 0; i < OS_FACT_COUNT; i++)
		if (!(config->fields_facts & 1u << i))
			add_constant(arena, os, os_fact_names[i], host->os[i]);
	json_add(machine, "os", os);
	json_add_members(arena, machine, fields_part(config, config->fields_host));
	return machine;
}

static void add_all(const struct config *config, const struct document_host *host,
	struct arena *arena, cJSON *root)
{
	cJSON *agent, *ecs, *service;

	agent = json_object(arena);
	add_constant(arena, agent, "id", host->agent_id);
	add_constant(arena, agent, "ephemeral_id", host->ephemeral_id);
	add_constant(arena, agent, "name", *config->agent.name ? config->agent.name : host->name);
	add_constant(arena, agent, "type", config->agent.type);
	add_constant(arena, agent, "version", ECSAUDIT_VERSION);
	json_add(root, "agent", agent);
	json_add(root, "data_stream", make_stream(config, arena));
	ecs = json_object(arena);
	add_constant(arena, ecs, "version", ECS_VERSION);
	json_add(root, "ecs", ecs);
	if (!host->of_log)
		json_add(root, "host", make_host(config, host, arena));
	service = json_object(arena);
	add_constant(arena, service, "type", "auditd");
	json_add(root, "service", service);
	json_add_members(arena, root, fields_part(config, config->fields_root));
}

static void add_essential(const struct config *config, const struct document_host *host,
	struct arena *arena, cJSON *root)
{
	cJSON *machine = json_object(arena), *os = json_object(arena);

	json_add(root, "data_stream", make_stream(config, arena));
	if (host->of_log)
		return;
	add_rendered(arena, machine, "name", host->name, LIMIT_ESSENTIAL_HOST_BYTES, true);
	add_rendered(arena, machine, "id", host->id, LIMIT_ESSENTIAL_HOST_BYTES, false);
	json_add_text(arena, os, "type", SPAN("linux"));
	json_add(machine, "os", os);
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

/* Behind the constant members. false: there is no room. */
static bool render_log_host_id(struct document *d)
{
	const size_t len = strlen(d->config->host_id);
	char *text = d->members + d->members_len;
	size_t end;

	if (!d->of_log || len == 0)
		return true;
	if (1 + json_escape_room(len, LIMIT_DOCUMENT_MEMBERS_BYTES) >
		sizeof(d->members) - d->members_len)
		return false;
	end = json_escape(text + 1, d->config->host_id, len, LIMIT_DOCUMENT_MEMBERS_BYTES);
	text[0] = text[end + 1] = '"';
	d->log_host_id = (struct span){text, (uint32_t)end + 2};
	return true;
}

bool document_init(struct document *d, const struct config *config, const struct identity *identity,
	const struct document_host *host, struct arena *arena)
{
	cJSON *all, *essential;

	memset(d, 0,
		offsetof(struct document, members)); /* pages that are not needed stay untouched */
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
	return d->members_len > 0 && d->essential_len > 0 && !arena->exhausted &&
	       render_log_host_id(d);
}

void document_add_constants(struct document *d, cJSON *root)
{
	json_add_members(d->arena, root, (struct span){d->members, (uint32_t)d->members_len});
	d->hints.essential = (struct span){d->essential, (uint32_t)d->essential_len};
}
