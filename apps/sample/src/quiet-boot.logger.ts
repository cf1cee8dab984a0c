import { ConsoleLogger } from '@nestjs/common';

const TABLE_OF_CONTENTS = new Set<unknown>(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory']);

/** Nest's logger without its lists of modules and routes: of three instances at once they would hide what matters. */
export class QuietBootLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (!TABLE_OF_CONTENTS.has(rest.at(-1))) super.log(message, ...rest);
  }
}
