/* The whole configuration: the sample file, the checks across sections, and files with every kind of error.
 */
#include "../base/unit.h"

#include "app/config.h"

#include "base/log.h"
#include "base/mem.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#define SAMPLE "../conf/headgate.conf" /* tests run in tests/ */

/* Whole sections to compose files from. Each is on one line, so that line numbers are easy to state. */
#define LISTENERS "listeners = ( { name = \"app\"; address = \"127.0.0.1:6033\"; cluster = \"main\"; } );\n"
#define TLS_LISTENER(settings)                                                                               \
    "listeners = ( { name = \"app\"; address = \"127.0.0.1:6033\"; cluster = \"main\"; tls: { " settings     \
    " }; } );\n"
#define MONITOR "monitor: { user = \"m\"; password = \"S3CRET\"; };"
#define SERVERS "servers = ( { name = \"db1\"; address = \"h:1\"; } );"
#define CLUSTERS "clusters = ( { name = \"main\"; " MONITOR SERVERS " } );\n"
#define USERS "users = ( { name = \"app\"; password = \"S3CRET\"; } );\n"

/* libconfig 1.5 leaks the current string when it meets a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig";
}

/* Appends a line to the struct text given as context. */
static void note_change(void *context, const struct print_change *change)
{
    print_change(change, context);
    (void)text_append_byte(context, '\n');
}

static struct config *parse(const char *string, struct text *errors)
{
    return config_parse(string, "h.conf", errors, NULL);
}

static char *read_file(const char *path)
{
    FILE *in = fopen(path, "r");
    char *bytes = calloc(1, 1 << 16);
    assert_non_null(in);
    assert_non_null(bytes);
    assert_true(fread(bytes, 1, (1 << 16) - 1, in) > 0);
    (void)fclose(in);
    return bytes;
}

TEST(smallest_file_gets_every_default)
{
    struct text errors = { 0 };
    struct config *config = parse(LISTENERS CLUSTERS USERS, &errors);
    assert_string_equal(text_cstr(&errors), "");
    assert_non_null(config);
    assert_int_equal(config->workers, 0);
    assert_true(config->workers_resolved >= 1);
    assert_int_equal(config->log_level, LOG_LEVEL_INFO);
    assert_int_equal(config->log_format, LOG_FORMAT_TEXT);
    assert_string_equal(config->admin.socket, "/run/headgate/admin.sock");
    assert_int_equal(config->timeouts.connect_us, 2000000);
    assert_int_equal(config->timeouts.query_us, 0);
    assert_int_equal(config->timeouts.idle_client_us, 8 * 3600 * 1000000ULL);
    assert_int_equal(config->listeners[0].mode, LISTENER_SPLIT);
    assert_int_equal(config->clusters[0].topology, TOPOLOGY_AUTO);
    assert_int_equal(config->clusters[0].monitor.interval_us, 1000000);
    assert_int_equal(config->clusters[0].monitor.rise, 1);
    assert_int_equal(config->clusters[0].monitor.fall, 2);
    assert_int_equal(config->clusters[0].servers[0].weight, 1);
    assert_int_equal(config->clusters[0].servers[0].tls, TLS_SETTING_PREFERRED);
    assert_int_equal(config->clusters[0].servers[0].role, ROLE_SETTING_AUTO);
    assert_null(config->clusters[0].servers[0].zone);
    assert_string_equal(config->users[0].password, "S3CRET");
    assert_string_equal(config->path, "h.conf");
    config_free(&config);
    assert_null(config);
    text_fini(&errors);
}

/* A file and all messages about it. */
static const struct {
    const char *text;
    const char *says;
} files[] = {
    { "workers = 3;\n" LISTENERS CLUSTERS USERS, "" },
    { "workers = \"3\";\n" LISTENERS CLUSTERS USERS, "" },
    { "workers = 0;\n" LISTENERS CLUSTERS USERS, "h.conf:1: workers must be 1 to 256, or \"auto\", not 0\n" },
    { "pool = \"session\";\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: unknown setting 'pool', it belongs in cluster\n" },
    { "consistency = \"eventual\";\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: unknown setting 'consistency', it belongs in listener or cluster or user\n" },
    { "rules = ( );\n" LISTENERS CLUSTERS USERS, "h.conf:1: 'rules' is not in this version\n" },
    { "http: { address = \"127.1.2.3:80\"; };\n" LISTENERS CLUSTERS USERS, "" },
    { "http: { address = \"[::1]:0\"; };\n" LISTENERS CLUSTERS USERS, "" },
    { "http: { address = \"/run/headgate/http.sock\"; };\n" LISTENERS CLUSTERS USERS, "" },
    { "http: { address = \"0.0.0.0:6070\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: http: address: \"0.0.0.0:6070\": there is no login, so it must be a loopback address or a "
      "socket's path\n" },
    { "http: { address = \"[2001:db8::1]:6070\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: http: address: \"[2001:db8::1]:6070\": there is no login, so it must be a loopback address "
      "or a socket's path\n" },
    { "http: { address = \"127.0.0.1\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: http: address: \"127.0.0.1\" has no port: write it as host:port, or /path of a socket\n" },
    { "http: { address = \"127.0.0.1:6033\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:2: listener 'app': \"127.0.0.1:6033\" is taken by http\n" },
    { "log: { syslog = \"x\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: 'syslog' of log is not in this version\n" },
    { "log: { file = \"x\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: log: file: \"x\" does not begin with /\n" },
    { "statements: { slow_file = \"x\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: statements: slow_file: \"x\" does not begin with /\n" },
    { "statements: { digests = \"off\"; slow = \"1s\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: slow statements are only told with digests: digests must not be \"off\"\n" },
    { "statements: { digests = \"off\";\nsample = 5; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:2: statements are only told with digests: digests must not be \"off\"\n" },
    { "admin: { address = \"x\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: admin: address: \"x\" has no port: write it as host:port, or /path of a socket\n" },
    { "admin: { address = \"127.0.0.1:1\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: admin: address needs users who may log in there\n" },
    { "admin: { users = ( { name = \"a\"; password = \"b\"; } ); };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: admin: users need an address at which they log in\n" },
    { "admin: { address = \"127.0.0.1:1\"; users = ( { name = \"a\"; password = \"b\"; } ); "
      "};\n" LISTENERS CLUSTERS USERS,
      "" },
    { "admin: { socket = \"x\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: admin: socket: \"x\" is not an absolute path\n" },
    { "admin: { tls: {\n ca = \"/nowhere/ca.pem\"; }; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:2: admin: tls: the CA file /nowhere/ca.pem: No such file or directory\n" },
    { TLS_LISTENER("mode = \"of\";") CLUSTERS USERS,
      "h.conf:1: tls: mode must be \"off\", \"preferred\" or \"required\", not \"of\"\n" },
    { TLS_LISTENER("\nkey = \"/k\";") CLUSTERS USERS,
      "h.conf:2: listener 'app': tls: a key without a certificate\n" },
    { TLS_LISTENER("\ncertificate = \"/nowhere/c.pem\";") CLUSTERS USERS,
      "h.conf:2: listener 'app': tls: the certificate /nowhere/c.pem: No such file or directory\n" },
    { TLS_LISTENER("mode = \"off\";\ncertificate = \"/nowhere/c.pem\";") CLUSTERS USERS, "" },
    { TLS_LISTENER("\n\nca = \"/dev/null\";") CLUSTERS USERS,
      "h.conf:3: listener 'app': tls: the CA file /dev/null: no start line\n" },
    { TLS_LISTENER("ciphers = \"ROT13\";") CLUSTERS USERS,
      "h.conf:1: tls: ciphers: no cipher of OpenSSL matches \"ROT13\"\n" },
    { "timeouts: { conect = \"1s\"; };\n" LISTENERS CLUSTERS USERS,
      "h.conf:1: unknown setting 'conect' in timeouts, did you mean 'connect'?\n" },
    { LISTENERS CLUSTERS,
      "h.conf:2: cluster 'main': no client can log in: there are no `users`, and users_from is "
      "not \"servers\"\n" },
    { "", "h.conf:1: listeners is missing\nh.conf:1: clusters is missing\n" },
    { "listeners = ( { name = \"app\"; adress = \"127.0.0.1:1\"; cluster = \"main\"; } );\n" CLUSTERS USERS,
      "h.conf:1: unknown setting 'adress' in listener, did you mean 'address'?\n"
      "h.conf:1: listener 'app': address is missing\n" },
    { LISTENERS "clusters = ( { name = \"man\"; " MONITOR SERVERS " } );\n" USERS,
      "h.conf:1: listener 'app': there is no cluster named \"main\"\n" },
    { "listeners = ( { name = \"a\"; address = \"/x\"; cluster = \"main\"; },\n"
      "{ name = \"b\"; address = \"/x\"; cluster = \"main\"; } );\n" CLUSTERS USERS,
      "h.conf:2: listener 'b': \"/x\" is taken by listener 'a'\n" },
    { "listeners = ( { name = \"a\"; address = \"[::1]:0\"; cluster = \"main\"; },\n"
      "{ name = \"b\"; address = \"[::1]:0\"; cluster = \"main\"; } );\n" CLUSTERS USERS,
      "" },
    { "listeners = ( { name = \"a\"; address = \"/run/headgate/admin.sock\"; cluster = \"main\"; } "
      ");\n" CLUSTERS USERS,
      "h.conf:1: listener 'a': \"/run/headgate/admin.sock\" is the admin socket\n" },
    { LISTENERS "clusters = ( { name = \"main\"; topology = \"galera\"; " MONITOR SERVERS " } );\n" USERS,
      "" },
    { LISTENERS "clusters = ( { name = \"main\"; topology = \"group\"; " MONITOR SERVERS " } );\n" USERS,
      "h.conf:2: cluster 'main': topology \"group\" is not in this version\n" },
    { LISTENERS "clusters = ( { name = \"main\"; " SERVERS " } );\n" USERS,
      "h.conf:2: cluster 'main': monitor is missing\n" },
    { LISTENERS "clusters = ( { name = \"main\"; " MONITOR " servers = (); } );\n" USERS,
      "h.conf:2: cluster 'main': this list needs at least one element\n" },
    { LISTENERS "clusters = ( { name = \"main\"; topology = \"static\"; " MONITOR SERVERS " } );\n" USERS,
      "h.conf:2: server 'db1': topology \"static\" needs role = \"primary\" or \"replica\"\n"
      "h.conf:2: cluster 'main': topology \"static\" needs exactly one server with role = \"primary\", not "
      "0\n" },
    { LISTENERS "clusters = ( { name = \"main\"; topology = \"static\"; " MONITOR
                " servers = (\n{ name = \"a\"; address = \"h:1\"; role = \"primary\"; },\n"
                "{ name = \"b\"; address = \"h:2\"; role = \"replica\"; } ); } );\n" USERS,
      "" },
    { LISTENERS "clusters = ( { name = \"main\"; " MONITOR
                " servers = (\n{ name = \"a\"; address = \"h:1\"; role = \"primary\"; },\n"
                "{ name = \"b\"; address = \"h:1\"; } ); } );\n" USERS,
      "h.conf:3: server 'a': role is for topology = \"static\"; otherwise the server itself is asked\n"
      "h.conf:4: server 'b': \"h:1\" is the address of server 'a' already\n" },
    { LISTENERS CLUSTERS
      "users = ( { name = \"u\"; password = \"\"; }, { name = \"u\"; password = \"\"; } );\n",
      "h.conf:3: user 'u': this name is taken, by the one at line 3\n" },
};

TEST(every_wrong_file_says_what_and_where)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct text errors = { 0 };
        struct config *config = parse(files[i].text, &errors);
        assert_string_equal(text_cstr(&errors), files[i].says);
        assert_int_equal(config != NULL, files[i].says[0] == '\0');
        config_free(&config);
        text_fini(&errors);
    }
}

TEST(hashes_are_told_from_passwords)
{
    static const struct {
        const char *password;
        bool is_hash;
    } rows[] = {
        { "*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29", true },
        { "*94bdcebe19083ce2a1f959fd02f964c7af4cfc29", true },
        { "*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC2", false },
        { "*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29A", false },
        { "*G4BDCEBE19083CE2A1F959FD02F964C7AF4CFC29", false },
        { "94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29", false },
        { "", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct auth_secret secret;
        assert_true(user_settings_read_password(rows[i].password, &secret));
        assert_int_equal(secret.has_password, !rows[i].is_hash);
    }
}

TEST(reload_tells_what_changed)
{
    struct text errors = { 0 }, out = { 0 };
    struct config *a = parse(LISTENERS CLUSTERS USERS, &errors);
    struct config *b = parse("workers = 2; log: { level = \"debug\"; };\n" LISTENERS CLUSTERS
                             "users = ( { name = \"app\"; password = \"S3CRET2\"; } );\n",
                             &errors);
    assert_non_null(a);
    assert_non_null(b);
    assert_true(config_diff(a, b, note_change, &out));
    assert_string_equal(text_cstr(&out), "workers \"auto\" -> 2 (restart)\n"
                                         "log: level \"info\" -> \"debug\" (now)\n"
                                         "user 'app': password changed (new sessions)\n");
    config_free(&a);
    config_free(&b);
    text_fini(&errors);
    text_fini(&out);
}

TEST(sample_is_what_the_tables_say)
{
    struct text out = { 0 };
    config_write_sample(&out);
    if (getenv("HEADGATE_WRITE_SAMPLE") != NULL) {
        FILE *file = fopen(SAMPLE, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(out.data, 1, out.len, file), out.len);
        assert_int_equal(fclose(file), 0);
    }
    char *sample = read_file(SAMPLE);
    if (strcmp(sample, text_cstr(&out)) != 0)
        print_message("conf/headgate.conf is stale: run this test once with HEADGATE_WRITE_SAMPLE=1\n");
    assert_string_equal(sample, text_cstr(&out));
    free(sample);
    text_fini(&out);
}

TEST(sample_loads)
{
    struct text errors = { 0 };
    struct config *config = config_load(SAMPLE, &errors, NULL);
    assert_string_equal(text_cstr(&errors), "");
    assert_non_null(config);
    assert_int_equal(config->listener_count, 4);
    assert_int_equal(config->clusters[0].server_count, 3);
    config_free(&config);
    text_fini(&errors);
}

/* The folder of the sample's files, and one of the same length that has them. */
#define SAMPLE_FOLDER "/etc/headgate/"
#define SAMPLE_FILES 5
#define SAMPLE_CERTIFICATES 3 /* the first ones; the others are keys */

struct sample_files {
    char folder[sizeof SAMPLE_FOLDER];
    char paths[SAMPLE_FILES][64];
};

static void put_pem(const char *path, X509 *certificate, EVP_PKEY *key)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(certificate != NULL ? PEM_write_X509(file, certificate)
                                         : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL),
                     1);
    assert_int_equal(fclose(file), 0);
}

static void put_sample_files(struct sample_files *made)
{
    static const char *const names[SAMPLE_FILES] = { "server.pem", "clients-ca.pem", "client.pem",
                                                     "server.key", "client.key" };
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    (void)snprintf(made->folder, sizeof made->folder, "/tmp/hgXXXXXX");
    assert_non_null(mkdtemp(made->folder));
    (void)strcat(made->folder, "/");
    for (int i = 0; i < SAMPLE_FILES; i++) {
        (void)snprintf(made->paths[i], sizeof made->paths[i], "%s%s", made->folder, names[i]);
        put_pem(made->paths[i], i < SAMPLE_CERTIFICATES ? certificate : NULL, key);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void remove_sample_files(const struct sample_files *made)
{
    for (int i = 0; i < SAMPLE_FILES; i++)
        assert_int_equal(unlink(made->paths[i]), 0);
    assert_int_equal(rmdir(made->folder), 0);
}

static void replace(char *text, const char *from, const char *to)
{
    for (char *at = text; (at = strstr(at, from)) != NULL;)
        memcpy(at, to, strlen(to));
}

/* Two settings exclude each other, and need another `tls` of the server than the default. */
static bool needs_another_mode(const char *key)
{
    return strncmp(key, "tls_ca ", 7) == 0 || strncmp(key, "tls_fingerprint ", 16) == 0;
}

/* Removes every '#' in front of a key: the sample shows the defaults in the syntax of the file, and they mean
 * the same. */
TEST(sample_with_nothing_commented_out_is_the_same)
{
    struct text errors = { 0 }, changes = { 0 };
    struct sample_files made;
    char *sample = read_file(SAMPLE);
    put_sample_files(&made);
    replace(sample, SAMPLE_FOLDER, made.folder);
    struct config *before = parse(sample, &errors);
    for (char *c = sample; (c = strchr(c, '#')) != NULL; c++)
        if (c[1] >= 'a' && c[1] <= 'z' && !needs_another_mode(c + 1))
            *c = ' ';
    struct config *after = parse(sample, &errors);
    assert_string_equal(text_cstr(&errors), "");
    assert_true(config_diff(before, after, note_change, &changes));
    (void)text_cstr(&changes);
    replace(changes.data, made.folder, SAMPLE_FOLDER);
    remove_sample_files(&made);
    assert_string_equal(
        text_cstr(&changes),
        "resolver none -> \"127.0.0.1:53\" (restart)\n"
        "log: file none -> \"/var/log/headgate/headgate.log\" (restart)\n"
        "admin: group none -> \"adm\" (restart)\n"
        "admin: address none -> \"127.0.0.1:6032\" (restart)\n"
        "admin: admin user 'admin' added (restart)\n"
        "admin: tls: certificate none -> \"/etc/headgate/server.pem\" (new sessions)\n"
        "admin: tls: key none -> \"/etc/headgate/server.key\" (new sessions)\n"
        "admin: tls: ca none -> \"/etc/headgate/clients-ca.pem\" (new sessions)\n"
        "admin: tls: ciphers none -> \"ECDHE+AESGCM:TLS_AES_128_GCM_SHA256\" (new sessions)\n"
        "http: address none -> \"127.0.0.1:6070\" (restart)\n"
        "http: hosts none -> \"headgate.example.org db-proxy\" (restart)\n"
        "listener 'app': proxy_protocol_from none -> \"10.0.0.0/8, 192.0.2.7\" (new sessions)\n"
        "listener 'app': tls: certificate none -> \"/etc/headgate/server.pem\" (new sessions)\n"
        "listener 'app': tls: key none -> \"/etc/headgate/server.key\" (new sessions)\n"
        "listener 'app': tls: ca none -> \"/etc/headgate/clients-ca.pem\" (new sessions)\n"
        "listener 'app': tls: ciphers none -> \"ECDHE+AESGCM:TLS_AES_128_GCM_SHA256\" (new sessions)\n"
        "cluster 'main': zone none -> \"a\" (now)\n"
        "cluster 'main': server 'db1': zone none -> \"a\" (now)\n"
        "cluster 'main': server 'db1': tls_name none -> \"db1.example\" (new connections)\n"
        "cluster 'main': server 'db1': tls_certificate none -> \"/etc/headgate/client.pem\" (new "
        "connections)\n"
        "cluster 'main': server 'db1': tls_key none -> \"/etc/headgate/client.key\" (new connections)\n"
        "user 'app': require_subject none -> \"/C=SE/O=Shop/CN=app\" (new sessions)\n"
        "user 'app': require_issuer none -> \"/C=SE/O=Shop/CN=authority\" (new sessions)\n");
    config_free(&before);
    config_free(&after);
    text_fini(&errors);
    text_fini(&changes);
    free(sample);
}

TEST(reference_has_every_section)
{
    struct text out = { 0 };
    config_write_reference(&out);
    assert_non_null(strstr(text_cstr(&out), "\n## timeouts\n"));
    assert_non_null(strstr(text_cstr(&out), "\n## clusters[].servers[]\n"));
    assert_non_null(strstr(text_cstr(&out), "| `primary_wait` | \"1ms\" to \"1h\", \"off\" | 10s | now |"));
    text_fini(&out);
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    while ((text = strstr(text, word)) != NULL) {
        text += strlen(word);
        count++;
    }
    return count;
}

/* Every error is one line that begins with the file's name. No error contains a password. */
static void check_errors(const char *file, struct text *errors, bool is_loaded)
{
    const char *line = text_cstr(errors);
    assert_int_equal(*line == '\0', is_loaded);
    /* A mutation may make the password a part of another name; then it is no secret. */
    if (count_of(file, "S3CRET") == count_of(file, "password = \"S3CRET\""))
        assert_null(strstr(line, "S3CRET"));
    while (*line != '\0') {
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_int_equal(strncmp(line, "h.conf:", 7), 0);
        line = end + 1;
    }
}

static void mutate(char *text, uint64_t *seed)
{
    static const char bytes[] = "{}()[];:=,\"\\#/*@ \n09aZ_-.\x80\x01";
    size_t len = strlen(text);
    size_t at = next_random(seed) % len, more = next_random(seed) % (len - at) % 40;
    switch (next_random(seed) % 3) {
    case 0:
        text[at] = bytes[next_random(seed) % (sizeof bytes - 1)];
        break;
    case 1:
        memmove(text + at, text + at + more, len - at - more + 1);
        break;
    default:
        text[at] = next_random(seed) % 8 == 0 ? '\0' : text[next_random(seed) % len];
        break;
    }
}

TEST(broken_files_are_refused_in_words_or_load)
{
    const char *whole =
        "workers = 2;\nlog: { level = \"info\"; };\ntimeouts: { query = \"1s\"; };\n" LISTENERS CLUSTERS
        "users = ( { name = \"app\"; password = \"S3CRET\"; },\n{ name = \"b\"; password_env = \"H\"; } );\n";
    uint64_t seed = 42;
    char text[2048];
    for (int i = 0; i < 6000; i++) {
        struct text errors = { 0 };
        (void)snprintf(text, sizeof text, "%s", whole);
        for (uint32_t n = 1 + next_random(&seed) % 3; n > 0 && text[0] != '\0'; n--)
            mutate(text, &seed);
        struct config *config = parse(text, &errors);
        check_errors(text, &errors, config != NULL);
        config_free(&config);
        text_fini(&errors);
    }
}

TEST(memory_out_at_any_point_is_a_refusal)
{
    bool is_loaded = false;
    for (long n = 0; !is_loaded; n++) {
        struct text errors = { 0 };
        mem_fail_after(n);
        struct config *config = parse(LISTENERS CLUSTERS USERS, &errors);
        mem_fail_after(-1);
        is_loaded = config != NULL;
        assert_true(n < 10000);
        config_free(&config);
        text_fini(&errors);
    }
}

RUN_TESTS(NULL, NULL)
