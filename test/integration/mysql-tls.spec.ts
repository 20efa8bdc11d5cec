import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseTarget } from '../../src/backup/database.options.js';
import { EngineHost } from '../../src/backup/engines/engine-host.js';
import { NativeEngine } from '../../src/backup/engines/native/native.engine.js';
import { hostDatabase } from '../../src/config/backup/host-database.js';
import { databaseOptions } from '../../src/config/database.js';
import type { Environment } from '../../src/config/environment.js';
import { Authority } from '../support/certificates.js';
import { EngineBench } from '../support/engine-bench.js';
import { InlineEngine } from '../support/inline-engines.js';
import { hasMariadbServer, PrivateMariadb } from '../support/private-mariadb.js';

describe.skipIf(!hasMariadbServer)('an encrypted connection to MariaDB', () => {
  let server: PrivateMariadb;
  let ca: string;
  let otherCa: string;
  let client: { cert: string; key: string };
  let benches: Record<'json' | 'native', EngineBench>;

  beforeAll(async () => {
    server = await PrivateMariadb.start(({ folder }) => {
      const authority = new Authority(folder, 'authority');
      ca = authority.certificate;
      otherCa = new Authority(folder, 'other').certificate;
      client = authority.issue('certified');
      const { cert, key } = authority.issue('server', 'DNS:localhost');
      return [`--ssl-ca=${ca}`, `--ssl-cert=${cert}`, `--ssl-key=${key}`];
    });
    server.sql(`CREATE DATABASE app; CREATE TABLE app.t (a int); INSERT INTO app.t VALUES (1);
      CREATE USER certified@'%' REQUIRE X509; CREATE USER encrypted@'%' REQUIRE SSL; GRANT ALL ON *.* TO certified@'%', encrypted@'%'`);
  });
  afterAll(() => server.close());

  beforeEach(async () => {
    benches = {
      json: await EngineBench.open(new InlineEngine()),
      native: await EngineBench.open(new NativeEngine(new EngineHost())),
    };
  });
  afterEach(async () => {
    for (const bench of Object.values(benches)) await bench.close();
  });

  const url = (text: string) =>
    text
      .replaceAll('PORT', String(server.port))
      .replaceAll('OTHER_CA', otherCa)
      .replaceAll('CA_FILE', ca)
      .replaceAll('CERT', client.cert)
      .replaceAll('KEY', client.key);

  it.each([
    'mysql://encrypted@localhost:PORT/app?ssl-mode=VERIFY_IDENTITY&ssl-ca=CA_FILE',
    'mysql://encrypted@localhost:PORT/app?ssl-ca=CA_FILE',
    'mysql://encrypted@localhost:PORT/app?sslmode=verify-ca&sslrootcert=CA_FILE',
    'mysql://encrypted@127.0.0.1:PORT/app?ssl-mode=REQUIRED',
    'mysql://encrypted@127.0.0.1:PORT/app?ssl-mode=PREFERRED',
    'mysql://certified@localhost:PORT/app?ssl-mode=VERIFY_IDENTITY&ssl-ca=CA_FILE&ssl-cert=CERT&ssl-key=KEY',
  ])('%s leads there, both engines and the backend', async (text) => {
    const target = databaseTarget(url(text), 'database');
    for (const bench of Object.values(benches))
      expect((await bench.capture(target)).manifest.tables).toMatchObject({ t: { rows: 1 } });
    const backend = new DataSource(
      (await databaseOptions({ database: hostDatabase(url(text)) } as Environment, [])) as DataSourceOptions,
    );
    await backend.initialize();
    expect(await backend.query(`SHOW SESSION STATUS LIKE 'Ssl_version'`)).toEqual([
      { Variable_name: 'Ssl_version', Value: expect.stringMatching(/^TLS/) as string },
    ]);
    await backend.destroy();
  });

  it.each([
    [
      'of an authority that Node does not know',
      'encrypted@localhost:PORT/app?ssl-mode=VERIFY_IDENTITY',
      /certificate/i,
    ],
    ['of another authority', 'encrypted@localhost:PORT/app?ssl-mode=VERIFY_CA&ssl-ca=OTHER_CA', /certificate/i],
    ['of another name', 'encrypted@127.1:PORT/app?ssl-ca=CA_FILE', /certificate|hostname|altnames/i],
    ['not asked for', 'encrypted@127.0.0.1:PORT/app?ssl-mode=DISABLED', /Access denied/],
    ['without the client’s', 'certified@localhost:PORT/app?ssl-ca=CA_FILE', /Access denied/],
  ])('with a certificate %s is refused by both engines', async (_, text, message) => {
    const target = databaseTarget(url(`mysql://${text}`), 'database');
    for (const [name, bench] of Object.entries(benches))
      await expect(bench.capture(target), name).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
        message: expect.stringMatching(message),
      });
  });
});
