import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate, signed by an authority made for it alone. */
export interface RedisCertificate {
  readonly directory: string;
  /** The authority's certificate, PEM: what a client must trust. */
  readonly ca: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  remove(this: void): Promise<void>;
}

/** @param names - whom it is for, as `subjectAltName` has them. Default: `localhost` and `127.0.0.1`. */
export async function createRedisCertificate(names = 'DNS:localhost,IP:127.0.0.1'): Promise<RedisCertificate> {
  const directory = await mkdtemp(join(tmpdir(), 'redis-certificate-'));
  const inDirectory = (name: string): string => join(directory, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory });

  await writeFile(inDirectory('server.ext'), `subjectAltName=${names}\n`);
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=Test CA');
  await openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
  const alternativeNames = ['-extfile', 'server.ext'];
  await openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    ...authority,
    '-out',
    'server.crt',
    '-days',
    '2',
    ...alternativeNames,
  );
  return {
    directory,
    ca: await readFile(inDirectory('ca.crt'), 'utf8'),
    caFile: inDirectory('ca.crt'),
    certFile: inDirectory('server.crt'),
    keyFile: inDirectory('server.key'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
