import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate authority of a test's own, in files of a folder. */
export class Authority {
  readonly certificate: string;

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    this.certificate = join(folder, `${name}.crt`);
    openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      join(folder, `${name}.key`),
      '-out',
      this.certificate,
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    );
  }

  /** @param alternatives such as `DNS:localhost` */
  issue(commonName: string, alternatives?: string): { cert: string; key: string } {
    const [cert, key, request, extensions] = ['crt', 'key', 'csr', 'ext'].map((ending) =>
      join(this.folder, `${this.name}-${commonName}.${ending}`),
    ) as [string, string, string, string];
    openssl('req', ...NEW_KEY, '-keyout', key, '-out', request, '-subj', `/CN=${commonName}`);
    writeFileSync(extensions, alternatives === undefined ? '' : `subjectAltName=${alternatives}`);
    const signer = ['-CA', this.certificate, '-CAkey', join(this.folder, `${this.name}.key`), '-CAcreateserial'];
    openssl('x509', '-req', '-in', request, ...signer, '-out', cert, '-days', '2', '-extfile', extensions);
    chmodSync(key, 0o600);
    return { cert, key };
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const openssl = (...args: string[]) => void execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
