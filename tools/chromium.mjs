import { aptInstall, findOnPath, lastLines } from './system-packages.mjs';

/** The advice for a machine that has no Chromium and no way to install one. */
export const HOW_TO_INSTALL_CHROMIUM =
  'No Chromium here and no way to install one. Install chromium so that it is on the PATH ' +
  '(Debian: sudo apt-get install chromium; Fedora: sudo dnf install chromium), or name a Chromium or Chrome in CHROMIUM.';

/** Debian's Chromium comes without a font: without one, a page shows no letters. */
const PACKAGES = ['chromium', 'fonts-inter'];

/**
 * Finds the browser that the tests of the pages drive. If there is none, installs Debian's, as root.
 *
 * @param {{ say?: ((line: string) => void) | undefined, signal?: AbortSignal | undefined }} [options] `say` gets a line before the attempt; `signal` ends a running installation
 * @returns {Promise<string>} the path in the environment variable `CHROMIUM`, else that of a Chromium or Chrome on `PATH`
 * @throws {Error} when there is none and no way to install one
 */
export async function chromiumPath({ say = () => {}, signal } = {}) {
  const found = findChromium();
  if (found !== undefined) return found;
  const outcome = await aptInstall(PACKAGES, { name: 'Chromium', say, signal });
  // After a failure as well: another process may have installed it meanwhile.
  const path = findChromium();
  if (path !== undefined) return path;
  if (outcome !== undefined) say(`apt-get could not install Chromium: ${lastLines(outcome.output)}`);
  throw new Error(HOW_TO_INSTALL_CHROMIUM);
}

/**
 * How to start it by `chromium.launch()` of playwright-core.
 *
 * @param {{ say?: ((line: string) => void) | undefined, signal?: AbortSignal | undefined }} [options] those of {@link chromiumPath}
 * @returns {Promise<{ executablePath: string, chromiumSandbox: boolean, args: string[] }>}
 */
export async function chromiumLaunch(options = {}) {
  return {
    executablePath: await chromiumPath(options),
    // Chromium refuses to run as root in its sandbox. It opens only pages of this repository.
    chromiumSandbox: process.getuid?.() !== 0,
    // A container gives shared memory of 64 MB, which is too little: a file in its place.
    args: ['--disable-dev-shm-usage'],
  };
}

function findChromium() {
  return process.env['CHROMIUM'] || findOnPath('chromium', 'chromium-browser', 'google-chrome');
}
