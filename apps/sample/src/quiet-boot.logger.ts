import { ConsoleLogger } from '@nestjs/common';

/** The parts of Nest that log one line per module or route at boot. */
const TABLE_OF_CONTENTS = new Set<unknown>(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory']);

/** Nest's logger without the lines about modules and routes. From three instances at once, they would hide the lines that matter. */
export class QuietBootLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (!TABLE_OF_CONTENTS.has(rest.at(-1))) super.log(message, ...rest);
  }
}
