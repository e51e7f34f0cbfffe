/* One line of a log: a time, then fields; `key=value …`, or a JSON object.
 *
 * Whatever bytes a peer chooses, a line reads back as what was said. JSON lines are always one whole document
 * in UTF-8; a byte that is not UTF-8 is U+FFFD there. In text, a field's value is bare, or in quotes when it
 * holds a blank, '=', a quote, a control byte or anything but ASCII, with \" \\ \n \u001b \xff for what
 * cannot stand there; and so is a message that holds '=' or needs an escape, so that words in it never look
 * like fields. A long value is cut between two characters and ends in an ellipsis; a field for which there is
 * no room at all is left out.
 *
 *   line_begin → line_time → (line_word, line_message) → line_text, line_number … → line_end
 */
#ifndef HEADGATE_BASE_LINE_H
#define HEADGATE_BASE_LINE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_MAX_BYTES 4096 /* PIPE_BUF: one write(2) to a pipe stays in one piece */

struct line {
    char data[LINE_MAX_BYTES];
    size_t len;
    size_t max; /* bytes, the closing brace and the newline not counted */
    bool is_json;
};

/* max_bytes: of the whole line, 256 to LINE_MAX_BYTES. */
void line_begin(struct line *line, bool is_json, size_t max_bytes);
/* The wall clock's time: first of all. */
void line_time(struct line *line);
/* A word of ours, not escaped. As text it stands without its key. */
void line_word(struct line *line, const char *key, const char *word);
/* A sentence, as "message". As text without its key, bare where no word of it looks like a field. `is_cut`:
 * its end is missing already. At most max_bytes of the line. */
void line_message(struct line *line, struct span message, bool is_cut, size_t max_bytes);
/* A field. At most max_bytes of the line, the key not counted. */
void line_text(struct line *line, const char *key, struct span value, size_t max_bytes);
void line_number(struct line *line, const char *key, uint64_t value);
/* The line with its newline; borrows from it. */
struct span line_end(struct line *line);

#endif
