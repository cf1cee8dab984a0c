import { spawn } from 'node:child_process';

/**
 * Runs a command when this process is gone, however it went: even `kill -9` closes the pipe that a watching shell reads.
 *
 * @param {string[]} command
 * @returns {() => void} calls it off
 */
export function runAfterDeath(command) {
  const watcher = spawn('sh', ['-c', 'read -r _; exec "$@"', 'watcher', ...command], {
    // A session of its own: a Ctrl-C in the terminal must not take the watcher before it has done its work.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => {});
  watcher.unref();
  if ('unref' in watcher.stdin && typeof watcher.stdin.unref === 'function') watcher.stdin.unref();
  return () => void watcher.kill('SIGKILL');
}

/**
 * Calls back when npm, or the shell it runs scripts in, is gone. npm hands a signal to its shell, and a shell that dies of it does
 * not hand it on: without this the script would live on as an orphan.
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
