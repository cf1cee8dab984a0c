import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Signs the indexes of every Debian; the packages are held against the checksums in these. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const DEFAULT_MIRROR = 'http://deb.debian.org/debian';

/** What cannot be had on this machine, in one line. */
export class NotToBeHadError extends Error {}

/**
 * Unpacks Debian packages, with everything that they depend on, into a folder: beside the system, which keeps its own versions. Nothing is
 * installed and no script of a package runs.
 *
 * apt does the work, with a state of its own: it checks the signature of the index, and each package against the index.
 *
 * @param {object} options
 * @param {string} options.suite of Debian, for example `trixie`
 * @param {readonly string[]} options.packages
 * @param {string} options.folder what is unpacked there already is taken as it is
 * @returns {Promise<string>} the folder with the root of their files
 * @throws {NotToBeHadError} without apt, without Debian's keys, or when the mirror cannot be reached or lacks a package
 */
export async function unpackedFromDebian({ suite, packages, folder }) {
  const root = join(folder, 'root');
  if (existsSync(root)) return root;
  if (!existsSync(KEYRING)) throw new NotToBeHadError(`the keys of Debian are missing (${KEYRING})`);
  const apt = await aptOfItsOwn(folder, `deb [signed-by=${KEYRING}] ${await mirror()} ${suite} main\n`);
  await apt('update', '-o', 'Acquire::Retries=2', '--error-on=any');
  // Its status file is empty, so apt wants all that the packages depend on, the C library too.
  await apt('install', '--yes', '--download-only', '--no-install-recommends', ...packages);

  // Under its name only when it is whole: the run may be ended in between.
  const unfinished = join(folder, `root-${process.pid}`);
  const archives = join(folder, 'cache/archives');
  const files = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
  for (const file of files) await run('dpkg-deb', ['--extract', join(archives, file), unfinished]);
  await rename(unfinished, root);
  for (const rest of ['cache', 'state']) await rm(join(folder, rest), { recursive: true, force: true });
  return root;
}

/**
 * Makes a program of an unpacked package executable: it is loaded with the libraries that were unpacked with it.
 *
 * Not by `chroot`, which only root may call, and in which the files of a test would have other paths.
 *
 * @param {string} root
 * @param {string} program its path below the root
 * @param {string} executable the path of the executable to write
 */
export async function makeExecutable(root, program, executable) {
  const { loader, libraries } = await loaderIn(root);
  await mkdir(dirname(executable), { recursive: true });
  // The locales of the system are those of another C library.
  const start = `LC_ALL=C exec '${loader}' --library-path '${libraries.join(':')}' '${join(root, program)}' "$@"`;
  await writeFile(executable, `#!/bin/sh\n${start}\n`);
  await chmod(executable, 0o755);
}

/** @param {string} root */
async function loaderIn(root) {
  const lib = join(root, 'usr/lib');
  const [triplet] = (await readdir(lib)).filter((name) => name.endsWith('-linux-gnu'));
  if (triplet === undefined) throw new NotToBeHadError('the packages hold no libraries for this machine');
  const libraries = join(lib, triplet);
  const [loader] = (await readdir(libraries)).filter((name) => /^ld-linux.*\.so\.\d+$/.test(name));
  if (loader === undefined) throw new NotToBeHadError('the packages hold no loader for this machine');
  return { loader: join(libraries, loader), libraries: [libraries, lib] };
}

/**
 * @param {string} folder
 * @param {string} sources
 */
async function aptOfItsOwn(folder, sources) {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'etc']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  const [list, status] = [join(folder, 'etc/sources.list'), join(folder, 'state/status')];
  await writeFile(list, sources);
  await writeFile(status, '');
  const settings = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': status,
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return (/** @type {string[]} */ ...command) => run('apt-get', ['-qq', ...options, ...command]);
}

/** The mirror that this machine is configured with, where it is a Debian. */
async function mirror() {
  const sites = await run('apt-get', ['indextargets', '--format', '$(SITE)']);
  return sites.split('\n').find((site) => /^https?:.*\/debian\/?$/.test(site)) ?? DEFAULT_MIRROR;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<string>} what it prints
 */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.on('error', ({ message }) => reject(new NotToBeHadError(`${command} cannot be run (${message})`)));
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new NotToBeHadError(`${command} fails: ${firstError(errors) ?? `it ends with ${code}`}`));
    });
  });
}

/** @param {string} errors */
function firstError(errors) {
  return errors.split('\n').find((line) => line.trim() !== '');
}
