// The story with mysql2: query() is text, execute() is prepared on the server.
'use strict';
const mysql = require('mysql2/promise');
const { columns, names, marks, values, blob, md5, wrong, place, settle, failure, print } = require('./story');

const options = { ...place(), rowsAsArray: true, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, charset: 'utf8mb4',
  multipleStatements: true, connectTimeout: 20000 };
const head = ({ affectedRows, insertId, info, warningStatus }) => [affectedRows, insertId, info, warningStatus];
const about = (fields) => fields.map((f) => [f.name, f.columnType, f.flags, f.columnLength, f.decimals]);

(async () => {
  const story = [];
  let db = await mysql.createConnection(options);
  const run = async (sql) => (await db.query(sql))[0];
  story.push(['connect', await run('SELECT 1')]);
  await run('DROP TABLE IF EXISTS story, story_marks');
  await run('CREATE TABLE story_marks (n BIGINT)');
  await run(`CREATE TABLE story (id INT AUTO_INCREMENT PRIMARY KEY, ${columns}, bl LONGBLOB)`);
  story.push(['insert', head(await run("INSERT INTO story (vc, i32) VALUES ('text', 1), (NULL, NULL)"))]);
  story.push(['prepared insert', head((await db.execute(`INSERT INTO story (${names}) VALUES (${marks})`, values))[0])]);
  story.push(['prepared nulls', head((await db.execute(`INSERT INTO story (${names}) VALUES (${marks})`, values.map(() => null)))[0])]);
  await settle(run);
  for (const id of [3, 1, 99]) {
    const [rows, fields] = await db.execute('SELECT * FROM story WHERE id >= ? ORDER BY id', [id]);
    story.push(['prepared select', about(fields), rows]);
  }
  const statement = await db.prepare('SELECT ? + 1, ?');
  story.push(['statement', (await statement.execute([1, 'a']))[0], (await statement.execute(['5', null]))[0]]);
  await statement.close();
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
  story.push(['blob in', head((await db.execute('UPDATE story SET bl = ? WHERE id = 1', [blob]))[0])]);
  await settle(run);
  const [[back]] = await db.query('SELECT bl, SHA2(bl, 256) FROM story WHERE id = 1');
  story.push(['blob out', back[0].length, md5(back[0]), back[1]]);
  story.push(['several', (await run('SELECT 1 AS a; SELECT 2 AS b, 3 AS c; DO 4; SELECT 5')).map((r) => Array.isArray(r) ? r : head(r))]);
  await run("SELECT CAST('x' AS UNSIGNED)");
  story.push(['warnings', await run('SHOW WARNINGS')]);
  await db.ping();
  await db.changeUser({ user: options.user, password: options.password, database: options.database });
  story.push(['change user', await run('SELECT DATABASE()')]);
  const together = await Promise.all(Array.from({ length: 20 }, (_, n) => db.query(`SELECT ${n}`)));
  story.push(['together', together.map(([rows]) => rows)]);
  const victim = await mysql.createConnection(options);
  victim.on('error', () => {}); // what the server says to a connection that it has killed
  const killed = [await failure(() => db.execute('KILL QUERY ?', [victim.threadId])), await failure(() => victim.query('DO 1')),
    await failure(() => db.execute('KILL ?', [victim.threadId]))];
  if (killed[2] === 'none') while (await failure(() => victim.query('DO 1')) === 'none'); // MySQL takes no parameter there
  victim.destroy();
  story.push(['kill', killed, await failure(() => db.execute('KILL ?', [99999999]))]);
  await db.end();
  db = await mysql.createConnection(options);
  await settle(run);
  story.push(['again', await run('SELECT COUNT(*), DATABASE() FROM story')]);
  await run('DROP TABLE story, story_marks');
  await db.end();
  print(story);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
