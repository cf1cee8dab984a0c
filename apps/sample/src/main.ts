import './observability/telemetry.js';
import { ValidationPipe } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { addApiPage } from './api-page.js';
import { AppModule } from './app.module.js';
import { QuietBootLogger } from './quiet-boot.logger.js';

// Started by `npm start`, an instance must not outlive it. If the channel to it closes, `npm start` has ended, for whatever reason.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

const app = await NestFactory.create(AppModule, { logger: new QuietBootLogger() });
app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
app.enableShutdownHooks();
addApiPage(app);

const config = app.get(ConfigService);
const port = config.get<string>('PORT', '3000');
// Nobody else can reach it unless HOST says so, for example HOST=0.0.0.0 in a container.
const host = config.get<string>('HOST', '127.0.0.1');
try {
  await app.listen(port, host);
} catch (error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
  const remedy = 'Stop that one, or choose another port with PORT.';
  // PM2 in cluster mode writes later than it returns.
  await new Promise((resolve) =>
    process.stderr.write(`Port ${port} is in use by another program. ${remedy}\n`, resolve),
  );
  process.exit(1);
}
process.send?.('listening');
