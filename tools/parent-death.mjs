import { spawn } from 'node:child_process';

/**
 * Runs a command after the end of this process, also after `kill -9`: a shell reads a pipe from this process, which its end closes.
 *
 * @param {string[]} command
 * @returns {() => void} cancels the command
 */
export function runAfterDeath(command) {
  const watcher = spawn('sh', ['-c', 'read -r _; exec "$@"', 'watcher', ...command], {
    // A session of its own: Ctrl-C must not end the watcher before it has done its work.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => {});
  watcher.unref();
  if ('unref' in watcher.stdin && typeof watcher.stdin.unref === 'function') watcher.stdin.unref();
  return () => void watcher.kill('SIGKILL');
}

/**
 * Calls back when npm, or the shell in which it runs scripts, has ended. npm sends a signal to its shell only, and a shell that it ends does
 * not pass it on: without this, the script would run on as an orphan.
 *
 * @param {() => void} callback
 */
export function whenNpmStops(callback) {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    callback();
  }, 100);
  watch.unref();
}
