/* The COM_ commands: one row per command says what headgate does with it and what its reply looks like.
 * Source: protocol.md §4.1; MySQL my_command.h, MariaDB mysql_com.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum command_byte {
    COM_QUIT = 0x01,
    COM_INIT_DB = 0x02,
    COM_QUERY = 0x03,
    COM_FIELD_LIST = 0x04,
    COM_REFRESH = 0x07,
    COM_SHUTDOWN = 0x08,
    COM_STATISTICS = 0x09,
    COM_PROCESS_INFO = 0x0A,
    COM_PROCESS_KILL = 0x0C,
    COM_DEBUG = 0x0D,
    COM_PING = 0x0E,
    COM_CHANGE_USER = 0x11,
    COM_BINLOG_DUMP = 0x12,
    COM_REGISTER_SLAVE = 0x15,
    COM_STMT_PREPARE = 0x16,
    COM_STMT_EXECUTE = 0x17,
    COM_STMT_SEND_LONG_DATA = 0x18,
    COM_STMT_CLOSE = 0x19,
    COM_STMT_RESET = 0x1A,
    COM_SET_OPTION = 0x1B,
    COM_STMT_FETCH = 0x1C,
    COM_BINLOG_DUMP_GTID = 0x1E,
    COM_RESET_CONNECTION = 0x1F,
    COM_STMT_BULK_EXECUTE = 0xFA,
};

/* How the reply begins and ends; see tracker.h. */
enum reply_shape {
    REPLY_NONE,    /* the command has no reply */
    REPLY_GENERIC, /* OK, ERR, LOCAL INFILE, or result sets */
    REPLY_ROWS,    /* binary rows without column definitions (STMT_FETCH) */
    REPLY_FIELDS,  /* column definitions until EOF (FIELD_LIST) */
    REPLY_STRING,  /* one bare string packet (STATISTICS) */
    REPLY_EOF,     /* EOF, or OK as EOF, or ERR (SET_OPTION) */
    REPLY_PREPARE, /* PREPARE_OK and its definitions */
    REPLY_DIALOGUE /* authentication (CHANGE_USER): never forwarded */
};

/* How the session handles the command. */
enum command_manner {
    COMMAND_STATEMENT, /* has SQL text: classified and routed */
    COMMAND_PREPARED,  /* has the id of a prepared statement: routed as that statement */
    COMMAND_SESSION,   /* has a handler of its own in the session (INIT_DB, RESET_CONNECTION, …) */
    COMMAND_PRIMARY,   /* forwarded to the primary unchanged */
    COMMAND_LOCAL,     /* answered by headgate */
    COMMAND_REFUSED    /* answered with ERR `error` */
};

struct command {
    uint8_t byte;
    const char *name; /* "COM_QUERY" */
    enum command_manner manner;
    enum reply_shape shape;
    uint16_t error; /* for COMMAND_REFUSED: MySQL error number, e.g. 1047 */
};

/* The row of a command byte; unknown bytes share a row that refuses with 1047. Never NULL. */
const struct command *command_find(uint8_t byte);

/* The row at a position, NULL after the last one: for documentation and tests. */
const struct command *command_at(unsigned index);
