import { ValidationPipe } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { QuietBootLogger } from './quiet-boot.logger.js';

// Started by `npm start`, an instance must not outlive it. If the channel to it closes, `npm start` has ended, for whatever reason.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));

const app = await NestFactory.create(AppModule, { logger: new QuietBootLogger() });
app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
app.enableShutdownHooks();

const port = app.get(ConfigService).get<string>('PORT', '3000');
try {
  await app.listen(port);
} catch (error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
  console.error(`Port ${port} is in use by another program. Stop that one, or choose another port with PORT.`);
  process.exit(1);
}
process.send?.('listening');
