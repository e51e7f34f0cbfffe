// The story with MariaDB Connector/J: statements as text, and prepared on the server (useServerPrepStmts), batches in bulk.

import java.security.MessageDigest;
import java.sql.*;
import java.util.*;

public class ConnectorJStory {
    static final String COLUMNS = "i8 TINYINT, u64 BIGINT UNSIGNED, i32 INT, f FLOAT, d DOUBLE, de DECIMAL(20,5), day DATE, "
        + "moment DATETIME(6), clock TIME, yr YEAR, c CHAR(5), vc VARCHAR(50), vb VARBINARY(20), tx TEXT, en ENUM('a','b'), b BIT(9)";
    static final Object[] VALUES = { -128, "18446744073709551615", 42, 1.5f, -2.25e100, new java.math.BigDecimal("12345.67890"),
        "2024-02-29", "2024-02-29 23:59:59.123456", "-12:34:56", 2024, "abc", "\uD83D\uDE00 \u00fcn\u00ef",
        new byte[] { 0, -1, 39, 92 }, "long".repeat(100), "b", new byte[] { 1, 1 } };
    static final String[] WRONG = { "SELEKT", "SELECT * FROM nosuch", "INSERT INTO story (id) VALUES (1)", "SELECT nosuch FROM story",
        "USE nosuch" };

    static final List<Object> story = new ArrayList<>();
    static long mark = System.currentTimeMillis() * 1000;
    static String url;
    static Connection db;

    interface Work { void run() throws Exception; }

    static void tell(Object... seen) { story.add(Arrays.asList(seen)); }

    static Connection connect() throws SQLException { return DriverManager.getConnection(url); }

    static List<Object> rows(ResultSet result) throws Exception {
        List<Object> all = new ArrayList<>();
        ResultSetMetaData about = result.getMetaData();
        List<Object> head = new ArrayList<>();
        for (int i = 1; i <= about.getColumnCount(); i++)
            head.add(Arrays.asList(about.getColumnLabel(i), about.getColumnTypeName(i), about.getPrecision(i), about.getScale(i),
                                   about.isNullable(i), about.isSigned(i)));
        all.add(head);
        while (result.next()) {
            List<Object> row = new ArrayList<>();
            for (int i = 1; i <= about.getColumnCount(); i++)
                row.add(plain(result.getObject(i)));
            all.add(row);
        }
        return all;
    }

    static Object plain(Object value) throws Exception {
        if (!(value instanceof byte[]))
            return value == null ? null : value.toString();
        return ((byte[]) value).length > 100 ? md5((byte[]) value) : HexFormat.of().formatHex((byte[]) value);
    }

    static String md5(byte[] data) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(data));
    }

    static List<Object> ask(String sql) throws Exception {
        try (Statement statement = db.createStatement(); ResultSet result = statement.executeQuery(sql)) {
            return rows(result);
        }
    }

    static int run(String sql) throws SQLException {
        try (Statement statement = db.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    // A mark is written, then read until it is seen.
    static void settle() throws Exception {
        run("INSERT INTO story_marks VALUES (" + ++mark + ")");
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (System.nanoTime() < deadline) {
            try (Statement statement = db.createStatement();
                 ResultSet found = statement.executeQuery("SELECT COUNT(*) FROM story_marks WHERE n = " + mark)) {
                if (found.next() && found.getInt(1) > 0)
                    return;
            } catch (SQLException error) {
                // its table is not there yet
            }
        }
        throw new Exception("the mark was not seen");
    }

    static Object failure(Work work) throws Exception {
        try {
            work.run();
            return "none";
        } catch (SQLException error) {
            return Arrays.asList(error.getErrorCode(), error.getSQLState());
        }
    }

    static void insertPrepared(String names, String marks, boolean isNull) throws Exception {
        try (PreparedStatement insert = db.prepareStatement("INSERT INTO story (" + names + ") VALUES (" + marks + ")",
                                                            Statement.RETURN_GENERATED_KEYS)) {
            for (int i = 0; i < VALUES.length; i++)
                insert.setObject(i + 1, isNull ? null : VALUES[i]);
            int count = insert.executeUpdate();
            tell("prepared insert", count, rows(insert.getGeneratedKeys()));
        }
    }

    static void batch() throws Exception {
        try (PreparedStatement insert = db.prepareStatement("INSERT INTO story (i32, vc) VALUES (?, ?)")) {
            for (int i = 0; i < 50; i++) {
                insert.setInt(1, i);
                insert.setString(2, i % 3 == 0 ? null : "row " + i);
                insert.addBatch();
            }
            int[] counts = insert.executeBatch();
            tell("batch", counts.length, ask("SELECT COUNT(*), SUM(i32), COUNT(vc) FROM story FOR UPDATE"));
        }
    }

    static void select() throws Exception {
        try (PreparedStatement select = db.prepareStatement("SELECT * FROM story WHERE id >= ? ORDER BY id LIMIT 3")) {
            for (int id : new int[] { 2, 1, 99999 }) {
                select.setInt(1, id);
                tell("prepared select", rows(select.executeQuery()));
            }
        }
        try (Statement statement = db.createStatement()) {
            statement.setFetchSize(7); // one part after the other
            tell("streamed", rows(statement.executeQuery("SELECT i32, vc FROM story ORDER BY id")));
        }
    }

    static void transactions() throws Exception {
        db.setAutoCommit(false);
        run("INSERT INTO story (vc) VALUES ('rolled back')");
        Object inside = ask("SELECT COUNT(*) FROM story");
        db.rollback();
        tell("rollback", inside, ask("SELECT COUNT(*) FROM story FOR UPDATE"));
        run("INSERT INTO story (vc) VALUES ('committed')");
        Savepoint savepoint = db.setSavepoint("later");
        run("INSERT INTO story (vc) VALUES ('not committed')");
        db.rollback(savepoint);
        db.commit();
        db.setAutoCommit(true);
        settle();
        tell("commit", ask("SELECT vc FROM story WHERE vc LIKE '%committed'"));
        db.setReadOnly(true);
        db.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        tell("isolation", db.getTransactionIsolation(), ask("SELECT COUNT(*) FROM story"));
        db.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        db.setReadOnly(false);
    }

    static void errors() throws Exception {
        List<Object> all = new ArrayList<>();
        for (String sql : WRONG)
            all.add(failure(() -> run(sql)));
        all.add(failure(() -> { try (PreparedStatement s = db.prepareStatement("SELECT nosuch FROM story")) { s.executeQuery(); } }));
        all.add(failure(() -> {
            try (Statement slow = db.createStatement()) { // a second connection says KILL QUERY, as with cancel()
                slow.setQueryTimeout(1);
                slow.executeQuery("SELECT BENCHMARK(2000000000, SHA1('x'))");
            }
        }));
        tell("errors", all, ask("SELECT 'in step'"));
    }

    static void blob() throws Exception {
        byte[] data = new byte[20 * 1024 * 1024];
        for (int i = 0; i < data.length; i++)
            data[i] = (byte) i;
        try (PreparedStatement update = db.prepareStatement("UPDATE story SET bl = ? WHERE id = 1")) {
            update.setBytes(1, data);
            tell("blob in", update.executeUpdate());
        }
        settle();
        tell("blob out", md5(data), ask("SELECT bl, SHA2(bl, 256) FROM story WHERE id = 1"));
    }

    static void several() throws Exception {
        List<Object> all = new ArrayList<>();
        try (Statement statement = db.createStatement()) {
            boolean isResult = statement.execute("SELECT 1 AS a; SELECT 2 AS b, 3 AS c; DO 4; SELECT 5");
            while (isResult || statement.getUpdateCount() != -1) {
                all.add(isResult ? rows(statement.getResultSet()) : statement.getUpdateCount());
                isResult = statement.getMoreResults();
            }
        }
        tell("several", all);
    }

    static void warnings() throws Exception {
        List<Object> all = new ArrayList<>();
        try (Statement statement = db.createStatement()) {
            statement.executeQuery("SELECT CAST('x' AS UNSIGNED)").next();
            for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning())
                all.add(Arrays.asList(warning.getErrorCode(), warning.getMessage()));
        }
        tell("warnings", all);
    }

    static void tellAll() throws Exception {
        db = connect();
        tell("connect", ask("SELECT 1"), db.getMetaData().getDatabaseProductVersion(), db.isValid(5));
        run("DROP TABLE IF EXISTS story, story_marks");
        run("CREATE TABLE story_marks (n BIGINT)");
        run("CREATE TABLE story (id INT AUTO_INCREMENT PRIMARY KEY, " + COLUMNS + ", bl LONGBLOB)");
        tell("insert", run("INSERT INTO story (vc, i32) VALUES ('text', 1), (NULL, NULL)"));
        List<String> names = new ArrayList<>();
        for (String part : COLUMNS.split(", "))
            names.add(part.split(" ")[0]);
        String marks = String.join(", ", Collections.nCopies(names.size(), "?"));
        insertPrepared(String.join(", ", names), marks, false);
        insertPrepared(String.join(", ", names), marks, true);
        batch();
        settle();
        select();
        transactions();
        errors();
        tell("emoji", ask("SELECT vc, HEX(vc), '\uD83D\uDE00' = '\uD83D\uDE00' FROM story WHERE id = 3"));
        blob();
        several();
        warnings();
        db.setCatalog("app");
        tell("schema", db.getCatalog(), ask("SELECT DATABASE()"));
        db.close();
        db = connect();
        settle();
        tell("again", ask("SELECT COUNT(*), DATABASE() FROM story"));
        run("DROP TABLE story, story_marks");
        db.close();
    }

    static String json(Object value) {
        if (value == null || value instanceof Number || value instanceof Boolean)
            return String.valueOf(value);
        StringBuilder text = new StringBuilder();
        if (value instanceof List) {
            for (Object item : (List<?>) value)
                text.append(text.length() > 0 ? ", " : "").append(json(item));
            return "[" + text + "]";
        }
        for (char c : value.toString().toCharArray())
            text.append(c >= ' ' && c < 127 && c != '"' && c != '\\' ? "" + c : String.format("\\u%04x", (int) c));
        return "\"" + text + "\"";
    }

    public static void main(String[] place) throws Exception {
        url = "jdbc:mariadb://" + place[0] + ":" + place[1] + "/" + place[4] + "?user=" + place[2] + "&password=" + place[3]
            + "&useServerPrepStmts=true&allowMultiQueries=true&allowPublicKeyRetrieval=true";
        tellAll();
        System.out.println(json(story));
    }
}
