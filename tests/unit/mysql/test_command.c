#include "bytes.h"

#include "mysql/command.h"
#include "mysql/reply.h"

TEST(rows_and_bytes_agree)
{
    unsigned rows = 0;
    for (const struct command *command; (command = command_at(rows)) != NULL; rows++) {
        assert_ptr_equal(command_find(command->byte), command);
        assert_memory_equal(command->name, "COM_", 4);
    }
    assert_int_equal(rows, 35);
    assert_null(command_at(rows + 1));
    unsigned known = 0;
    for (unsigned byte = 0; byte <= 0xFF; byte++)
        known += command_find((uint8_t)byte)->byte == byte && byte != 0xFF;
    assert_int_equal(known, rows);
}

TEST(unknown_bytes_are_refused)
{
    static const uint8_t bytes[] = { 0x22, 0x7F, 0xF9, 0xFB, 0xFE, 0xFF };
    for (size_t i = 0; i < sizeof bytes; i++) {
        assert_int_equal(command_find(bytes[i])->manner, COMMAND_REFUSED);
        assert_int_equal(command_find(bytes[i])->error, ERR_UNKNOWN_COM);
    }
}

TEST(only_refused_commands_have_an_error)
{
    const struct command *command;
    for (unsigned i = 0; (command = command_at(i)) != NULL; i++)
        assert_int_equal(command->manner == COMMAND_REFUSED, command->error != 0);
}

static const struct {
    enum command_byte byte;
    enum command_manner manner;
    enum reply_shape shape;
} expected[] = {
    { COM_QUERY, COMMAND_STATEMENT, REPLY_GENERIC },
    { COM_STMT_PREPARE, COMMAND_STATEMENT, REPLY_PREPARE },
    { COM_STMT_EXECUTE, COMMAND_PREPARED, REPLY_GENERIC },
    { COM_STMT_CLOSE, COMMAND_PREPARED, REPLY_NONE },
    { COM_STMT_SEND_LONG_DATA, COMMAND_PREPARED, REPLY_NONE },
    { COM_STMT_FETCH, COMMAND_PREPARED, REPLY_ROWS },
    { COM_STMT_BULK_EXECUTE, COMMAND_PREPARED, REPLY_GENERIC },
    { COM_SET_OPTION, COMMAND_SESSION, REPLY_EOF },
    { COM_CHANGE_USER, COMMAND_SESSION, REPLY_DIALOGUE },
    { COM_FIELD_LIST, COMMAND_PRIMARY, REPLY_FIELDS },
    { COM_STATISTICS, COMMAND_PRIMARY, REPLY_STRING },
    { COM_QUIT, COMMAND_LOCAL, REPLY_NONE },
    { COM_PING, COMMAND_LOCAL, REPLY_GENERIC },
    { COM_BINLOG_DUMP, COMMAND_REFUSED, REPLY_NONE },
};

TEST(manners_and_shapes)
{
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct command *command = command_find((uint8_t)expected[i].byte);
        assert_int_equal(command->manner, expected[i].manner);
        assert_int_equal(command->shape, expected[i].shape);
    }
}

RUN_TESTS(NULL, NULL)
