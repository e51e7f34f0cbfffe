// What both Node.js stories have in common: the table, the values, and how results are told.
'use strict';
const crypto = require('crypto');

exports.columns = "i8 TINYINT, u64 BIGINT UNSIGNED, i32 INT, f FLOAT, d DOUBLE, de DECIMAL(20,5), day DATE, moment DATETIME(6), clock TIME, " +
  "yr YEAR, c CHAR(5), vc VARCHAR(50), vb VARBINARY(20), tx TEXT, en ENUM('a','b'), b BIT(9)";
exports.names = exports.columns.split(', ').map((part) => part.split(' ')[0]).join(', ');
exports.marks = exports.columns.split(', ').map(() => '?').join(', ');
exports.values = [-128, '18446744073709551615', 42, 1.5, -2.25e100, '12345.67890', '2024-02-29', '2024-02-29 23:59:59.123456', '-12:34:56',
  2024, 'abc', '😀 ünï', Buffer.from([0, 255, 39, 92]), 'long'.repeat(100), 'b', Buffer.from([1, 1])];
exports.blob = Buffer.alloc(20 * 1024 * 1024, Buffer.from(Array.from({ length: 256 }, (_, n) => n)));
exports.md5 = (data) => crypto.createHash('md5').update(data).digest('hex');
exports.wrong = ['SELEKT', 'SELECT * FROM nosuch', 'INSERT INTO story (id) VALUES (1)', 'SELECT nosuch FROM story', 'USE nosuch'];

exports.place = () => {
  const [host, port, user, password, database] = process.argv.slice(2);
  return { host, port: Number(port), user, password, database };
};

// A mark is written, then read until it is seen.
let mark = Date.now() * 1000;
exports.settle = async (run) => {
  mark += 1;
  await run(`INSERT INTO story_marks VALUES (${mark})`);
  const deadline = Date.now() + 20000;
  while (Date.now() < deadline) {
    try {
      const rows = await run(`SELECT COUNT(*) FROM story_marks WHERE n = ${mark}`);
      if (Number(rows[0][0]) > 0) return;
    } catch (error) {
      if (!error.errno) throw error;
    }
  }
  throw new Error('the mark was not seen');
};

exports.failure = async (work) => {
  try {
    await work();
    return 'none';
  } catch (error) {
    return [error.errno, error.sqlState, error.code];
  }
};

exports.plain = (key, value) => {
  if (typeof value === 'bigint') return value.toString();
  if (value && value.type === 'Buffer') return Buffer.from(value.data).toString('hex');
  return value;
};

exports.print = (story) => console.log(JSON.stringify(story, exports.plain));
