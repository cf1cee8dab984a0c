// In the folder of your application, which `npm run build` has compiled:
//   pm2 start ecosystem.config.cjs
module.exports = {
  apps: [
    {
      name: 'shop',
      script: 'dist/main.js',
      // Each process is an instance of the cache. All share one port.
      exec_mode: 'cluster',
      instances: 2,
      // `pm2 reload` stops a process when its successor has sent 'ready', which main.ts does after app.listen().
      wait_ready: true,
      listen_timeout: 10_000,
      // Longer than the requests that may run, and a second (drainTimeout) for evictions that wait. The default is 1600 ms.
      kill_timeout: 10_000,
      env: { NODE_ENV: 'production' },
    },
  ],
};
