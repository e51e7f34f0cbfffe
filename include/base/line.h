/* One line of a log: a time, then fields as `key=value …`, or one JSON object.
 *
 * A line can be read back to the original values, whatever bytes a peer sent. A JSON line is one complete
 * document in UTF-8; bytes that are not UTF-8 become U+FFFD. In a text line a field's value is quoted when it
 * contains a blank, '=', a quote, a control byte or any byte that is not ASCII; inside quotes \" \\ \n \u001b
 * \xff are escapes. A message is quoted when it contains '=' or needs an escape, so that no word in it looks
 * like a field. A long value is cut between two characters and ends in an ellipsis; a field without enough
 * room is left out.
 *
 *   line_begin → line_time → (line_word, line_message) → line_text, line_number … → line_end */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_MAX_BYTES 4096 /* PIPE_BUF: one write(2) to a pipe stays in one piece */

struct line {
    char data[LINE_MAX_BYTES];
    size_t len;
    size_t max; /* most bytes, without the closing brace and the newline */
    bool is_json;
};

/* max_bytes: length limit of the whole line, 256 to LINE_MAX_BYTES. */
void line_begin(struct line *line, bool is_json, size_t max_bytes);
/* Writes the wall clock's time; must be the first part. */
void line_time(struct line *line);
/* Writes a word of headgate's own, not escaped. In text it stands without its key. */
void line_word(struct line *line, const char *key, const char *word);
/* Writes a sentence, as "message" in JSON. In text it has no key, and is unquoted when no word of it looks
 * like a field. `is_cut`: the caller has cut its end already. Uses at most max_bytes of the line. */
void line_message(struct line *line, struct span message, bool is_cut, size_t max_bytes);
/* Writes a field. The value uses at most max_bytes of the line, the key not counted. */
void line_text(struct line *line, const char *key, struct span value, size_t max_bytes);
void line_number(struct line *line, const char *key, uint64_t value);
/* Ends the line and returns it with its newline; borrowed from `line`. */
struct span line_end(struct line *line);
