// The story with mariadb's own connector: DEPRECATE_EOF, pipelined prepares, bulk execution.
'use strict';
const mariadb = require('mariadb');
const { columns, names, marks, values, blob, md5, wrong, place, settle, failure, print } = require('./story');

const options = { allowPublicKeyRetrieval: true, ...place(), rowsAsArray: true, dateStrings: true, bigNumberStrings: true, supportBigNumbers: true, multipleStatements: true,
  connectTimeout: 20000, bitOneIsBoolean: false };
const head = ({ affectedRows, insertId, warningStatus }) => [affectedRows, insertId, warningStatus];
const about = (rows) => rows.meta.map((f) => [f.name(), f.type, f.flags, f.columnLength, f.scale]);

(async () => {
  const story = [];
  let db = await mariadb.createConnection(options);
  const run = (sql) => db.query(sql);
  story.push(['connect', await run('SELECT 1')]);
  await run('DROP TABLE IF EXISTS story, story_marks');
  await run('CREATE TABLE story_marks (n BIGINT)');
  await run(`CREATE TABLE story (id INT AUTO_INCREMENT PRIMARY KEY, ${columns}, bl LONGBLOB)`);
  story.push(['insert', head(await run("INSERT INTO story (vc, i32) VALUES ('text', 1), (NULL, NULL)"))]);
  story.push(['prepared insert', head(await db.execute(`INSERT INTO story (${names}) VALUES (${marks})`, values))]);
  story.push(['prepared nulls', head(await db.execute(`INSERT INTO story (${names}) VALUES (${marks})`, values.map(() => null)))]);
  story.push(['batch', head(await db.batch('INSERT INTO story (vc, i32) VALUES (?, ?)', [['b1', 1], ['b2', null], ['b3', 3]]))]);
  await settle(run);
  for (const id of [3, 1, 99]) {
    const rows = await db.execute('SELECT * FROM story WHERE id >= ? ORDER BY id', [id]);
    story.push(['prepared select', about(rows), rows]);
  }
  const statement = await db.prepare('SELECT ? + 1, ?');
  story.push(['statement', await statement.execute([1, 'a']), await statement.execute(['5', null])]);
  statement.close();
  await db.beginTransaction();
  await run("INSERT INTO story (vc) VALUES ('rolled back')");
  const inside = await run('SELECT COUNT(*) FROM story');
  await db.rollback();
  story.push(['rollback', inside, await run('SELECT COUNT(*) FROM story FOR UPDATE')]);
  await db.beginTransaction();
  await db.execute('INSERT INTO story (vc) VALUES (?)', ['committed']);
  await db.commit();
  await settle(run);
  story.push(['commit', await run('SELECT id, vc FROM story ORDER BY id')]);
  const errors = [];
  for (const sql of wrong) errors.push(await failure(() => db.query(sql)));
  errors.push(await failure(() => db.execute('SELECT nosuch FROM story')));
  story.push(['errors', errors]);
  story.push(['emoji', await run("SELECT vc, HEX(vc), '😀' = '😀' FROM story WHERE id = 3")]);
  story.push(['blob in', head(await db.execute('UPDATE story SET bl = ? WHERE id = 1', [blob]))]);
  await settle(run);
  const [back] = await run('SELECT bl, SHA2(bl, 256) FROM story WHERE id = 1');
  story.push(['blob out', back[0].length, md5(back[0]), back[1]]);
  story.push(['several', (await run('SELECT 1 AS a; SELECT 2 AS b, 3 AS c; DO 4; SELECT 5')).map((r) => Array.isArray(r) ? r : head(r))]);
  await run("SELECT CAST('x' AS UNSIGNED)");
  story.push(['warnings', await run('SHOW WARNINGS')]);
  await db.ping();
  await db.reset();
  // The driver itself refuses this towards MySQL (Bug #83472): then both stories say so.
  const again = { user: options.user, password: options.password, database: options.database };
  story.push(['change user refused', await failure(() => db.changeUser(again))]);
  story.push(['change user', await run('SELECT DATABASE()')]);
  story.push(['together', await Promise.all(Array.from({ length: 20 }, (_, n) => db.query(`SELECT ${n}`)))]);
  const streamed = [];
  for await (const row of db.queryStream('SELECT id, vc FROM story ORDER BY id')) streamed.push(row);
  story.push(['streamed', streamed]);
  await db.end();
  db = await mariadb.createConnection(options);
  await settle(run);
  story.push(['again', await run('SELECT COUNT(*), DATABASE() FROM story')]);
  await run('DROP TABLE story, story_marks');
  await db.end();
  print(story);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
