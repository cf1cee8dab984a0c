import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import { env } from 'node:process';

/** Gives a setting of the application by its name. @internal */
export type ReadSetting = (name: string) => string | undefined;

/** Reads through the application's `ConfigService` when it has one, in whichever module; else from the environment. @internal */
export async function settingsReader(moduleRef: ModuleRef): Promise<ReadSetting> {
  const config = await configService(moduleRef);
  return config ? (name) => config.get<string>(name) : fromEnvironment;
}

/** How settings are read where it is certain, before any instance exists, that there is no `ConfigService`; else `undefined`. @internal */
export function earlySettingsReader(modules: ModulesContainer): ReadSetting | undefined {
  return mayHaveConfigService(modules) ? undefined : fromEnvironment;
}

function fromEnvironment(name: string): string | undefined {
  return env[name];
}

async function configService(moduleRef: ModuleRef): Promise<import('@nestjs/config').ConfigService | undefined> {
  // Loading @nestjs/config for nothing would take longer than all else at boot.
  if (!mayHaveConfigService(moduleRef.get(ModulesContainer, { strict: false }))) return undefined;
  try {
    // Optional: it need not be installed, and another class may have the name.
    const { ConfigService } = await import('@nestjs/config');
    const config = moduleRef.get(ConfigService, { strict: false });
    // A test may have put something smaller in its place.
    return typeof config.get === 'function' ? config : undefined;
  } catch {
    return undefined;
  }
}

/** `ConfigModule` provides the text token, which a minifier leaves alone; who provides the service by hand, the class. */
function mayHaveConfigService(modules: ModulesContainer): boolean {
  for (const { providers } of modules.values()) {
    if (providers.has('CONFIGURATION_TOKEN')) return true;
    for (const token of providers.keys())
      if (typeof token === 'function' && token.name === 'ConfigService') return true;
  }
  return false;
}
