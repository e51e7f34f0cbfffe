#include "prepared/upstream_statements.h"

#include "base/mem.h"
#include "upstream/upstream_exchange.h"
#include "state/pooled.h"

/* ---- one statement ---- */

static void release(struct known_statement *known)
{
    list_unlink(&pooled_of(known->upstream)->statements, &known->in_connection);
    if (known->text != NULL)
        list_unlink(&known->text->known, &known->in_text);
    fingerprint_fini(&known->state);
    text_fini(&known->schema);
    text_fini(&known->types);
    mem_free(known);
}

/* COM_STMT_CLOSE is sent as soon as the connection is free. */
static void close_known(struct known_statement *known)
{
    struct upstream *upstream = known->upstream;
    uint32_t id = known->id;
    release(known);
    upstream_close_statement(upstream, id);
}

static void on_unheld(struct shared_text *text)
{
    struct list_node *node;
    while ((node = list_first(&text->known)) != NULL)
        close_known(list_entry(node, struct known_statement, in_text));
}

static struct prepared_copy *copy_of(const struct known_statement *known)
{
    struct prepared_copy *copies = known->user->copies;
    return copies[ROUTE_PRIMARY].known == known ? &copies[ROUTE_PRIMARY] : &copies[ROUTE_REPLICA];
}

/* The statement becomes unused: the session's next EXECUTE there needs a PREPARE, or another unused one. */
static void disown(struct known_statement *known)
{
    if (known->user != NULL)
        *copy_of(known) = (struct prepared_copy){ 0 };
    known->user = NULL;
}

/* Does the statement have pieces of long data or an open cursor on the connection at this place? */
static bool has_contents(const struct prepared *prepared, enum route_place place)
{
    return prepared->last_place == (int)place && (prepared->has_long_data || prepared->has_cursor);
}

/* ---- a connection's ---- */

void upstream_statements_forget(struct upstream *upstream)
{
    struct list_node *node;
    if (pooled_of(upstream)->on_closed == NULL)
        return; /* no statement was ever prepared there */
    while ((node = list_first(&pooled_of(upstream)->statements)) != NULL) {
        struct known_statement *known = list_entry(node, struct known_statement, in_connection);
        disown(known);
        release(known);
    }
}

void upstream_statements_close_all(struct upstream *upstream)
{
    struct list_node *node;
    if (pooled_of(upstream)->on_closed == NULL)
        return;
    while ((node = list_first(&pooled_of(upstream)->statements)) != NULL) {
        struct known_statement *known = list_entry(node, struct known_statement, in_connection);
        disown(known);
        close_known(known);
    }
}

static struct list *list_of(struct upstream *upstream)
{
    if (pooled_of(upstream)->on_closed == NULL)
        list_init(&pooled_of(upstream)->statements);
    pooled_of(upstream)->on_closed = upstream_statements_forget;
    return &pooled_of(upstream)->statements;
}

void upstream_statements_make_room(struct upstream *upstream, enum route_place place,
                                   const struct prepared *in_use, size_t max)
{
    struct list *list = list_of(upstream);
    struct list_node *next, *node = list_first(list);
    for (; node != NULL && list->count >= max; node = next) {
        struct known_statement *known = list_entry(node, struct known_statement, in_connection);
        next = list_after(list, node);
        if (known->user != NULL && (known->user == in_use || has_contents(known->user, place)))
            continue;
        disown(known);
        close_known(known);
    }
}

/* ---- by text ---- */

static bool is_same(const struct known_statement *known, const struct upstream *upstream, struct span schema,
                    const struct fingerprint *state)
{
    return known->upstream == upstream && known->user == NULL &&
           span_equal(schema, text_span(&known->schema)) && fingerprint_equal(state, &known->state);
}

static struct known_statement *find_unused(const struct prepared *prepared, const struct upstream *upstream,
                                           const struct fingerprint *state)
{
    struct list *list = &prepared->text->known;
    struct list_node *node = list_first(list);
    for (; node != NULL; node = list_after(list, node)) {
        struct known_statement *known = list_entry(node, struct known_statement, in_text);
        if (is_same(known, upstream, text_span(&prepared->schema), state) &&
            (!known->has_run ||
             (!known->has_mixed_types && span_equal(text_span(&known->types), text_span(&prepared->types)))))
            return known;
    }
    return NULL;
}

static void use(const struct slot *slot, enum route_place place, struct prepared *prepared,
                struct known_statement *known)
{
    known->user = prepared;
    prepared->copies[place] = (struct prepared_copy){ .known = known, .generation = slot->generation };
}

static struct known_statement *new_known(struct upstream *upstream, struct shared_text *text,
                                         struct span schema, const struct vars *vars)
{
    struct known_statement *known = mem_zalloc(sizeof *known);
    if (known == NULL)
        return NULL;
    known->upstream = upstream;
    known->text = text;
    if (!fingerprint_take(&known->state, vars) || !text_append_span(&known->schema, schema)) {
        fingerprint_fini(&known->state);
        text_fini(&known->schema);
        mem_free(known);
        return NULL;
    }
    list_link_last(list_of(upstream), &known->in_connection);
    if (text != NULL) {
        list_link_last(&text->known, &known->in_text);
        text->on_unheld = on_unheld;
    }
    return known;
}

bool upstream_statements_add(const struct slot *slot, enum route_place place, const struct vars *vars,
                             struct prepared *prepared, uint32_t id)
{
    struct upstream *upstream = slot->upstream;
    /* If the connection does not have the session's variables now (apply_state), the variables at PREPARE are
     * not known: then the statement is not shared with other sessions. */
    struct shared_text *text = pooled_of(upstream)->vars_version == vars->version ? prepared->text : NULL;
    struct known_statement *known = new_known(upstream, text, text_span(&prepared->schema), vars);
    if (known == NULL)
        return false;
    known->id = id;
    use(slot, place, prepared, known);
    return true;
}

void upstream_statements_replace(const struct prepared *prepared, enum route_place place)
{
    const struct known_statement *new = prepared->copies[place].known;
    struct list_node *next, *node = new->text != NULL ? list_first(&new->text->known) : NULL;
    for (; node != NULL; node = next) {
        struct known_statement *known = list_entry(node, struct known_statement, in_text);
        next = list_after(&new->text->known, node);
        if (is_same(known, new->upstream, text_span(&new->schema), &new->state))
            close_known(known);
    }
}

bool upstream_statements_find(const struct slot *slot, enum route_place place, const struct facets *facets,
                              struct prepared *prepared)
{
    struct fingerprint state = { 0 };
    struct known_statement *known = NULL;
    bool lacks_types =
        prepared->params > 0 && prepared->types_version == 0; /* the server would use an earlier session's */
    if (prepared->text == NULL || lacks_types || pins_any(&facets->pins))
        return false;
    if (fingerprint_take(&state, &facets->vars))
        known = find_unused(prepared, slot->upstream, &state);
    fingerprint_fini(&state);
    if (known != NULL)
        use(slot, place, prepared, known);
    return known != NULL;
}

void upstream_statements_touch(struct known_statement *known)
{
    struct list *list = &pooled_of(known->upstream)->statements;
    if (list->head.prev == &known->in_connection)
        return;
    list_unlink(list, &known->in_connection);
    list_link_last(list, &known->in_connection);
}

void upstream_statements_note_run(struct known_statement *known, struct span types)
{
    bool is_same = known->has_run && span_equal(text_span(&known->types), types);
    known->has_mixed_types |= known->has_run && !is_same;
    if (!known->has_run && !text_append_span(&known->types, types))
        known->has_mixed_types = true; /* out of memory: the types are unknown */
    known->has_run = true;
}

/* ---- cursors ---- */

bool upstream_statements_note_cursor(const struct job *job, const struct upstream *upstream)
{
    if (job->prepared == NULL)
        return false;
    bool is_over = job->reply.has_error || (upstream->status & STATUS_LAST_ROW_SENT) != 0;
    if (job->command->byte == COM_STMT_EXECUTE) {
        job->prepared->has_cursor = job->reply.has_cursor && !is_over;
        return job->prepared->has_cursor;
    }
    if (job->command->byte == COM_STMT_RESET || is_over)
        job->prepared->has_cursor = false;
    return false;
}

/* ---- a session leaves the connection ---- */

static void part(struct known_statement *known, enum route_place place)
{
    bool is_shared = known->text != NULL && !has_contents(known->user, place);
    disown(known);
    if (!is_shared)
        close_known(known);
}

void upstream_statements_part(struct upstream *upstream, enum route_place place)
{
    if (pooled_of(upstream)->on_closed == NULL)
        return;
    struct list_node *next, *node = list_first(&pooled_of(upstream)->statements);
    for (; node != NULL; node = next) {
        struct known_statement *known = list_entry(node, struct known_statement, in_connection);
        next = list_after(&pooled_of(upstream)->statements, node);
        if (known->user != NULL)
            part(known, place);
    }
}

void upstream_statements_leave(struct slot *const slots[SLOT_COUNT], struct prepared *prepared)
{
    for (int place = 0; place < SLOT_COUNT; place++) {
        const struct prepared_copy *copy = &prepared->copies[place];
        if (slots[place]->upstream != NULL && copy->generation == slots[place]->generation)
            part(copy->known, (enum route_place)place);
    }
}
