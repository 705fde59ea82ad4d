#include "store/config.h"

#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/language.h"
#include "base/limits.h"
#include "plan/fields.h"
#include "plan/reader.h"
#include "wire/http_message.h"

#include "store/config_addresses.h"

enum { THRESHOLD_MAX = 64, WHAT_MAX = 80 };

static const char default_language[] = "nb";
static const char default_time_zone[] = "Europe/Oslo";
static const char default_store[] = "sqlite";
static const char default_listen[] = "127.0.0.1:8080";

/* What a network may set: the coordinator's app there. A secret is a reference into the vault. */
static const struct network_key {
    const char *name;
    bool is_secret;
} network_keys[] = {
    {"app-id", false}, {"app-secret", true}, {"client-id", false},  {"client-secret", true},
    {"api-key", true}, {"api-secret", true}, {"signing-key", true},
};

enum { NETWORK_KEY_COUNT = sizeof(network_keys) / sizeof(network_keys[0]) };

static const char *const known_network_keys[] = {
    "endpoint", "app-id",     "app-secret",  "client-id", "client-secret",
    "api-key",  "api-secret", "signing-key", NULL,
};

struct reading {
    struct arena *arena;
    struct problems *problems;
    bool (*known_channel)(const char *name);
    const char *path; /* of the file */
    struct config *config;
};

static void refuse(const struct reading *reading, const struct node *node, const char *message)
{
    problems_add(reading->problems, SEVERITY_ERROR, node_place(node), "%s", message);
}

/* The map under a key of the file, or false when it is not there or no map. */
static bool begin_section(const struct reading *reading, const struct fields *file, const char *key,
                          const char *const *known, struct fields *out)
{
    const struct node *node = field_find(file, key);

    return node && fields_begin(out, reading->arena, reading->problems, node,
                                arena_printf(reading->arena, "'%s'", key), known);
}

/* --- coordinator, approval, store, log ------------------------------------------------------- */

static bool is_zone_name(const char *name)
{
    for (const char *at = name; *at; at++)
        if (!(*at >= 'a' && *at <= 'z') && !(*at >= 'A' && *at <= 'Z') &&
            !(*at >= '0' && *at <= '9') && !strchr("/_+-", *at))
            return false;
    return name[0] != '/' && strlen(name) < WHAT_MAX;
}

static void read_coordinator(const struct reading *reading, const struct fields *file)
{
    static const char *const known[] = {"name", "url", "language", "time-zone", NULL};
    struct config *config = reading->config;
    struct fields fields;

    field_require(file, "coordinator");
    if (!begin_section(reading, file, "coordinator", known, &fields))
        return;
    field_require(&fields, "name");
    field_text(&fields, "name", &config->coordinator_name);
    field_url(&fields, "url", URL_LINK, &config->coordinator_url);
    if (field_text(&fields, "language", &config->coordinator_language)) {
        const char *fault = language_fault(config->coordinator_language);
        if (fault)
            refuse(reading, field_find(&fields, "language"),
                   arena_printf(reading->arena, _("'language' %s"), translated(fault)));
    }
    if (field_text(&fields, "time-zone", &config->time_zone) && !is_zone_name(config->time_zone))
        refuse(reading, field_find(&fields, "time-zone"),
               _("'time-zone' is no name of a time zone: write one such as 'Europe/Oslo'"));
}

/* A passkey signs the origin as the browser writes it, and it is compared byte for byte. NULL, or
 * what is wrong with it. */
static const char *origin_fault(struct arena *arena, const char *origin)
{
    char usual[URL_ORIGIN_SIZE];

    if (!url_is_acceptable(origin) || !url_origin(origin, usual, sizeof(usual)))
        return _("is no address such as 'https://krise.example.no'");
    char *port = strrchr(usual, ':');
    bool is_https = strncmp(usual, "https:", 6) == 0;
    if (strcmp(port, is_https ? ":443" : ":80") == 0)
        *port = '\0';
    if (strcmp(usual, origin) == 0)
        return NULL;
    return arena_printf(arena, _("is not as browsers write it: '%s'"), usual);
}

static void read_passkey_origins(const struct reading *reading, const struct fields *approval)
{
    struct arena *arena = reading->arena;
    struct placed_text *texts;
    size_t count;

    if (!field_texts(approval, "passkey-origins", &texts, &count))
        return;
    if (count > PASSKEY_ORIGINS_MAX) {
        refuse(reading, field_find(approval, "passkey-origins"),
               arena_printf(arena, _("more than %d passkey origins"), PASSKEY_ORIGINS_MAX));
        return;
    }
    const char **origins = arena_alloc_array(arena, count, sizeof(*origins));
    for (size_t i = 0; i < count; i++) {
        const char *fault = origin_fault(arena, texts[i].text);
        if (fault)
            problems_add(reading->problems, SEVERITY_ERROR, texts[i].place,
                         _("the passkey origin '%.200s' %s"), texts[i].text, fault);
        origins[i] = texts[i].text;
    }
    reading->config->passkey_origins = origins;
    reading->config->passkey_origin_count = count;
}

static void read_approval(const struct reading *reading, const struct fields *file)
{
    static const char *const known[] = {"threshold", "passkey-origins", NULL};
    struct fields fields;
    int64_t threshold;

    if (!begin_section(reading, file, "approval", known, &fields))
        return;
    field_require(&fields, "threshold");
    if (field_integer(&fields, "threshold", 0, THRESHOLD_MAX, &threshold))
        reading->config->approval_threshold = (unsigned)threshold;
    read_passkey_origins(reading, &fields);
}

static void read_store(const struct reading *reading, const struct fields *file)
{
    const char *address;

    if (!field_text(file, "store", &address) || strcmp(address, default_store) == 0)
        return;
    bool is_postgresql =
        strncmp(address, "postgresql:", 11) == 0 || strncmp(address, "postgres:", 9) == 0;
    /* The address is not shown: it may hold a password. */
    refuse(reading, field_find(file, "store"),
           is_postgresql ? _("a PostgreSQL store is not built into this release: write 'sqlite'")
                         : _("'store' must be 'sqlite'"));
}

static void read_log(const struct reading *reading, const struct fields *file)
{
    static const char *const known[] = {"origin", NULL};
    struct config *config = reading->config;
    struct fields fields;

    if (!begin_section(reading, file, "log", known, &fields))
        return;
    if (field_text(&fields, "origin", &config->log_origin) &&
        !note_name_is_valid(config->log_origin, strlen(config->log_origin)))
        refuse(reading, field_find(&fields, "origin"),
               _("'origin' holds a space or '+', or is too long: write a name such as "
                 "'krise.example.no/audit'"));
}

static bool is_known_witness(const struct config *config, const struct note_vkey *key)
{
    for (size_t i = 0; i < config->witness_count; i++)
        if (strcmp(config->witnesses[i].key.name, key->name) == 0 ||
            memcmp(config->witnesses[i].key.public_key, key->public_key, ED25519_PUBLIC_SIZE) == 0)
            return true;
    return false;
}

static bool read_witness_key(const struct reading *reading, const struct fields *fields,
                             struct note_vkey *out)
{
    struct error fault = {0};
    const char *words;

    if (!field_require(fields, "key") || !field_text(fields, "key", &words))
        return false;
    if (note_vkey_parse(words, strlen(words), out, &fault) < 0)
        error_set(&fault, ERROR_INPUT, _("it is no verifier key"));
    else if (out->type != NOTE_COSIGNATURE)
        error_set(&fault, ERROR_INPUT, _("it is the key of a log, not of a witness"));
    else if (is_known_witness(reading->config, out))
        error_set(&fault, ERROR_INPUT, _("this name or key stands here twice"));
    else
        return true;
    refuse(reading, field_find(fields, "key"),
           arena_printf(reading->arena, _("'key': %s"), fault.message));
    return false;
}

/* Trailing slashes go: the protocol's paths are added with one. */
static const char *without_slash(struct arena *arena, const char *url)
{
    size_t length = strlen(url);

    while (length > 0 && url[length - 1] == '/')
        length--;
    return arena_printf(arena, "%.*s", (int)length, url);
}

static void read_witnesses(const struct reading *reading, const struct fields *file)
{
    static const char *const known[] = {"url", "key", NULL};
    const struct node *list = field_find(file, "witnesses");
    struct config *config = reading->config;
    struct fields fields;

    if (!list || !value_is_list(reading->problems, list, "'witnesses'"))
        return;
    if (node_count(list) > WITNESSES_MAX) {
        refuse(reading, list,
               arena_printf(reading->arena, _("more than %d witnesses"), WITNESSES_MAX));
        return;
    }
    struct config_witness *witnesses =
        arena_alloc_array(reading->arena, WITNESSES_MAX, sizeof(*witnesses));
    config->witnesses = witnesses;
    for (size_t i = 0; i < node_count(list); i++) {
        struct config_witness *witness = &witnesses[config->witness_count];
        if (!fields_begin(&fields, reading->arena, reading->problems, node_value(list, i),
                          _("the witness"), known))
            continue;
        bool has_url =
            field_require(&fields, "url") && field_url(&fields, "url", URL_ENDPOINT, &witness->url);
        if (!read_witness_key(reading, &fields, &witness->key) || !has_url)
            continue;
        witness->url = without_slash(reading->arena, witness->url);
        config->witness_count++;
    }
}

/* --- files and addresses --------------------------------------------------------------------- */

/* Relative names are seen from the folder of the file. */
static void read_file_name(const struct reading *reading, const struct fields *fields,
                           const char *key, const char **out)
{
    const char *name, *slash = strrchr(reading->path, '/');

    if (!field_text(fields, key, &name))
        return;
    if (name[0] == '/' || !slash)
        *out = name;
    else
        *out = arena_printf(reading->arena, "%.*s/%s", (int)(slash - reading->path), reading->path,
                            name);
}

static bool is_host_and_port(const char *text)
{
    const char *colon = strrchr(text, ':');
    unsigned port = 0;

    if (!colon || colon == text || strlen(colon + 1) > 5 || strpbrk(text, " \t/@"))
        return false;
    for (const char *at = colon + 1; *at; at++) {
        if (*at < '0' || *at > '9')
            return false;
        port = port * 10 + (unsigned)(*at - '0');
    }
    return port >= 1 && port <= 65535;
}

static void read_listen(const struct reading *reading, const struct fields *file)
{
    if (field_text(file, "listen", &reading->config->listen) &&
        !is_host_and_port(reading->config->listen))
        refuse(reading, field_find(file, "listen"),
               _("'listen' must be an address and a port: '127.0.0.1:8080'"));
}

/* --- networks -------------------------------------------------------------------------------- */

static void read_endpoint(const struct reading *reading, const struct fields *fields,
                          struct network *network)
{
    const char *url;
    const struct node *node = field_find(fields, "endpoint");

    if (!field_url(fields, "endpoint", URL_ENDPOINT, &url))
        return;
    if (!url_is_acceptable(url) || strpbrk(url, "?#")) {
        refuse(reading, node,
               _("'endpoint' must be an address without '?' and '#', such as "
                 "'https://host/path'"));
        return;
    }
    if (strncmp(url, "https:", 6) != 0)
        problems_add(reading->problems, SEVERITY_WARNING, node_place(node),
                     _("'%s' is not encrypted: good for a sandbox on this machine only"), url);
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    network->endpoint = arena_strndup(reading->arena, url, length);
}

/* `{vault: NAME}`. Whatever else stands there may be the secret itself, and is not shown. */
static bool read_reference(const struct reading *reading, const struct node *node, const char *key,
                           const char **out)
{
    static const char *const known[] = {"vault", NULL};
    struct fields fields;

    if (node_kind(node) != NODE_MAP) {
        refuse(reading, node,
               arena_printf(reading->arena,
                            _("a secret is never written here: '%s' must be a reference into the "
                              "vault, {vault: NAME}"),
                            key));
        return false;
    }
    if (!fields_begin(&fields, reading->arena, reading->problems, node,
                      arena_printf(reading->arena, "'%s'", key), known) ||
        !field_require(&fields, "vault") || !field_text(&fields, "vault", out))
        return false;
    const char *fault = identifier_fault(*out);
    if (fault)
        refuse(reading, node,
               arena_printf(reading->arena, _("the name after 'vault' %s"), translated(fault)));
    return !fault;
}

static void read_network_settings(const struct reading *reading, const struct fields *fields,
                                  struct network *network)
{
    struct setting *settings =
        arena_alloc_array(reading->arena, NETWORK_KEY_COUNT, sizeof(*settings));
    struct setting *secrets =
        arena_alloc_array(reading->arena, NETWORK_KEY_COUNT, sizeof(*secrets));

    for (size_t i = 0; i < NETWORK_KEY_COUNT; i++) {
        const struct network_key *key = &network_keys[i];
        const struct node *node = field_find(fields, key->name);
        const char *value;
        if (!node)
            continue;
        if (key->is_secret && read_reference(reading, node, key->name, &value))
            secrets[network->secret_count++] = (struct setting){key->name, value};
        if (!key->is_secret && field_text(fields, key->name, &value))
            settings[network->setting_count++] = (struct setting){key->name, value};
    }
    network->settings = settings;
    network->secrets = secrets;
}

static void read_networks(const struct reading *reading, const struct fields *file)
{
    struct fields section, fields;
    size_t count = 0;

    if (!begin_section(reading, file, "networks", NULL, &section))
        return;
    struct network *networks =
        arena_alloc_array(reading->arena, node_count(section.map) + 1, sizeof(*networks));
    for (size_t i = 0; i < node_count(section.map); i++) {
        const char *channel = node_key(section.map, i);
        const char *what = arena_printf(reading->arena, _("the network '%.*s'"), WHAT_MAX, channel);
        if (!reading->known_channel(channel)) {
            problems_add(reading->problems, SEVERITY_ERROR, node_key_place(section.map, i),
                         _("there is no channel '%.*s'"), WHAT_MAX, channel);
            continue;
        }
        struct network *network = &networks[count++];
        network->channel = channel;
        if (!fields_begin(&fields, reading->arena, reading->problems, node_value(section.map, i),
                          what, known_network_keys))
            continue;
        read_endpoint(reading, &fields, network);
        read_network_settings(reading, &fields, network);
    }
    reading->config->networks = networks;
    reading->config->network_count = count;
}

/* --- the file -------------------------------------------------------------------------------- */

static void read_file(const struct reading *reading, const struct node *root)
{
    static const char *const known[] = {
        "coordinator", "approval",        "store",    "log",
        "witnesses",   "ca-file",         "networks", "internal-addresses",
        "listen",      "cap-certificate", NULL};
    struct fields file;

    if (!fields_begin(&file, reading->arena, reading->problems, root, _("the configuration"),
                      known))
        return;
    read_coordinator(reading, &file);
    read_approval(reading, &file);
    read_store(reading, &file);
    read_log(reading, &file);
    read_witnesses(reading, &file);
    read_file_name(reading, &file, "ca-file", &reading->config->ca_file);
    read_file_name(reading, &file, "cap-certificate", &reading->config->cap_certificate);
    read_networks(reading, &file);
    config_read_addresses(&file, reading->config);
    read_listen(reading, &file);
}

int config_parse(struct arena *arena, const char *path, const char *bytes, size_t size,
                 bool (*known_channel)(const char *name), struct problems *problems,
                 struct config **out)
{
    struct config *config = arena_alloc(arena, sizeof(*config));
    struct reading reading = {arena, problems, known_channel, path, config};
    struct yaml_document *documents;
    size_t count, errors = problems->error_count;

    *out = NULL;
    config->coordinator_language = default_language;
    config->time_zone = default_time_zone;
    config->store = default_store;
    config->listen = default_listen;
    sha256(bytes, size, config->sha256);
    if (reader_parse(arena, path, bytes, size, &reader_plan_limits, problems, &documents, &count) <
        0)
        return -1;
    read_file(&reading, documents[0].root);
    if (problems->error_count != errors)
        return -1;
    *out = config;
    return 0;
}

int config_load(struct arena *arena, const char *path, bool (*known_channel)(const char *name),
                struct problems *problems, struct config **out, struct error *error)
{
    struct text bytes;
    int result = -1;

    *out = NULL;
    if (file_read(path, YAML_SIZE_MAX_BYTES, &bytes, error) < 0)
        goto out;
    /* Places name the file, and live as long as the arena. */
    result = config_parse(arena, arena_strdup(arena, path), bytes.bytes, bytes.length,
                          known_channel, problems, out);
    if (result < 0)
        error_set(error, ERROR_INPUT, _("the configuration '%s' is not valid"), path);
out:
    text_release(&bytes);
    return result;
}
